import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAccessToken, lifetimeOf } from './accessToken.ts'
import { createSession } from './session.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const ISSUED_AT = 1_700_000_000

/** A JWT with the given lifetime in seconds; `name` makes it differ from others. */
function jwt(name: string, lifetime: number): string {
  const payload = { sub: name, iat: ISSUED_AT, exp: ISSUED_AT + lifetime }
  return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`
}

const responseWith = (token: string) =>
  new Response(null, { headers: { Authorization: `Bearer ${token}` } })

/** An access token whose n-th refresh yields `token n`, with a lifetime of ten minutes. */
function accessToken() {
  const session = createSession()
  let refreshes = 0
  const token = createAccessToken({
    session,
    refresh: async () => {
      refreshes += 1
      return responseWith(jwt(`token ${refreshes}`, 600))
    },
  })
  return { session, token, refreshes: () => refreshes }
}

test('concurrent requests without a token share one refresh, and later ones need none', async () => {
  const { token, session, refreshes } = accessToken()
  const tokens = await Promise.all([token.currentOrRenewed(), token.currentOrRenewed()])
  expect(new Set(tokens)).toEqual(new Set([jwt('token 1', 600)]))
  expect(await token.currentOrRenewed()).toBe(jwt('token 1', 600))
  expect(refreshes()).toBe(1)
  expect(session.state.get()).toBe('SIGNED_IN')
})

test('concurrent requests with the same stale token share one refresh', async () => {
  const { token, refreshes } = accessToken()
  const stale = await token.currentOrRenewed()
  const renewed = await Promise.all([token.renew(stale), token.renew(stale)])
  expect(new Set(renewed)).toEqual(new Set([jwt('token 2', 600)]))
  expect(await token.renew(stale)).toBe(jwt('token 2', 600))
  expect(refreshes()).toBe(2)
})

test('a token is renewed one minute before it expires', async () => {
  const { token, refreshes } = accessToken()
  token.acceptOrThrow(responseWith(jwt('from login', 600)))
  await vi.advanceTimersByTimeAsync(539_000)
  expect(refreshes()).toBe(0)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(refreshes()).toBe(1)
})

test('a token of one minute is renewed after four fifths of its lifetime', async () => {
  const { token, refreshes } = accessToken()
  token.acceptOrThrow(responseWith(jwt('from login', 60)))
  await vi.advanceTimersByTimeAsync(47_000)
  expect(refreshes()).toBe(0)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(refreshes()).toBe(1)
})

test('the end of the session discards the token and its renewal', async () => {
  const { token, session, refreshes } = accessToken()
  token.acceptOrThrow(responseWith(jwt('from login', 600)))
  session.end('LOGGED_OUT')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(refreshes()).toBe(0)
  await token.currentOrRenewed()
  expect(refreshes()).toBe(1)
})

test('a failed refresh is reported to its callers, and the next call tries again', async () => {
  const session = createSession()
  const answers = [Promise.reject(new Error('offline')), Promise.resolve(responseWith('opaque'))]
  const token = createAccessToken({
    session,
    refresh: () => answers.shift() ?? Promise.reject(new Error('one refresh too many')),
  })
  await expect(token.renew()).rejects.toThrow('offline')
  expect(await token.renew()).toBe('opaque')
})

test('a response without a token is refused', () => {
  const { token, session } = accessToken()
  expect(() => token.acceptOrThrow(new Response())).toThrow('carries no access token')
  expect(session.state.get()).toBe('UNKNOWN')
})

test.each([
  [jwt('any', 600), 600_000],
  [jwt('any', -5), 0],
  ['no.json.here', 0],
  ['opaque', 0],
])('the lifetime of %s is %i ms', (token, expected) => {
  expect(lifetimeOf(token)).toBe(expected)
})
