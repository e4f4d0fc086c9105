import { createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DailyfeedError } from '@dailyfeed/contract/errors'
import { defaultRulesOf } from '@dailyfeed/service-client/call-classes'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import { base64url, createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, expect, test, vi } from 'vitest'
import { keySetOf } from './key-set-client.ts'
import { InProcessRevocations } from './revocations.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'
import { keyEndsOf, remoteKeys, type VerificationKeys } from './verification-keys.ts'

const NOW = 1_800_000_000
let clock = NOW
let verifier: TokenVerifier
let revocations: InProcessRevocations
let privateKey: CryptoKey
let publicX: string

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  privateKey = pair.privateKey
  const jwk = await exportJWK(pair.publicKey)
  publicX = jwk.x ?? ''
  revocations = new InProcessRevocations()
  verifier = createTokenVerifier({
    keys: createLocalJWKSet({ keys: [{ ...jwk, kid: 'k1', alg: 'EdDSA' }] }),
    revocations,
    now: () => clock,
  })
})

const claims = () => ({
  iss: 'dailyfeed-member-svc',
  aud: 'dailyfeed',
  sub: '7',
  id: 7,
  sid: randomUUID(),
  jti: randomUUID(),
  iat: NOW,
  nbf: NOW,
  exp: NOW + 900,
})
const sign = (payload: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1', typ: 'at+jwt', ...header })
    .sign(privateKey)
const encode = (value: unknown) => base64url.encode(JSON.stringify(value))

/** The key set at this address, loaded without retries, so that a test can count the loads. */
const keySetAt = (url: string) =>
  keySetOf(
    createServiceClient({
      service: 'member',
      baseUrl: new URL(url).origin,
      rules: { ...defaultRulesOf('member'), retry: { attempts: 1, waitMilliseconds: 1 } },
    }),
    url,
  )

/** The code and advice of the refusal, or ACCEPTED. */
async function outcomeOf(authorization: string | undefined): Promise<string> {
  return verifier.verifyOrThrow(authorization).then(
    () => 'ACCEPTED',
    (error: DailyfeedError) =>
      `${error.code}${error.advice === undefined ? '' : ` ${error.advice}`}`,
  )
}

test('a genuine token yields member, session and token id', async () => {
  const payload = claims()
  expect(await verifier.verifyOrThrow(`Bearer ${await sign(payload)}`)).toEqual({
    memberId: 7,
    sessionId: payload.sid,
    tokenId: payload.jti,
    expiresAt: NOW + 900,
  })
})

test('a missing bearer is BEARER_TOKEN_MISSING without advice', async () => {
  expect(await outcomeOf(undefined)).toBe('BEARER_TOKEN_MISSING')
  expect(await outcomeOf('Basic eHg6eXk=')).toBe('BEARER_TOKEN_MISSING')
})

test.each(['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'id', 'sid'])(
  'A2: a token without %s, or with a value of another type, is refused',
  async (claim) => {
    for (const value of [undefined, null, ['7'], 'other', -1, { a: 1 }]) {
      const payload: Record<string, unknown> = { ...claims(), [claim]: value }
      if (value === undefined) delete payload[claim]
      // Any text is a valid id, and any past time a valid beginning.
      if (['jti', 'sid'].includes(claim) && value === 'other') continue
      if (['iat', 'nbf'].includes(claim) && value === -1) continue
      const token = [encode({ alg: 'EdDSA', kid: 'k1', typ: 'at+jwt' }), encode(payload)].join('.')
      const signature = await crypto.subtle.sign('Ed25519', privateKey, Buffer.from(token))
      const outcome = await outcomeOf(
        `Bearer ${token}.${base64url.encode(new Uint8Array(signature))}`,
      )
      expect(outcome, `${claim} = ${JSON.stringify(value)}`).toMatch(
        /^(INVALID_TOKEN RELOGIN|JWT_EXPIRED REFRESH)$/,
      )
    }
  },
)

test.each(['JWT', 'refresh+jwt', undefined])('A2: typ %s is refused', async (typ) => {
  expect(await outcomeOf(`Bearer ${await sign(claims(), { typ })}`)).toBe('INVALID_TOKEN RELOGIN')
})

test('A3: no algorithm but EdDSA is accepted', async () => {
  const payload = encode(claims())
  const hmac = (header: string) =>
    createHmac('sha256', Buffer.from(publicX, 'base64url'))
      .update(`${header}.${payload}`)
      .digest('base64url')
  for (const alg of ['none', 'None', 'NONE', 'nOnE', ''])
    expect(await outcomeOf(`Bearer ${encode({ alg, typ: 'at+jwt' })}.${payload}.`), alg).toBe(
      'INVALID_TOKEN RELOGIN',
    )
  for (const alg of ['HS256', 'RS256', 'PS256', 'ES256']) {
    const header = encode({ alg, kid: 'k1', typ: 'at+jwt' })
    expect(await outcomeOf(`Bearer ${header}.${payload}.${hmac(header)}`), alg).toBe(
      'INVALID_TOKEN RELOGIN',
    )
  }
  const good = await sign(claims())
  for (const odd of [
    good.split('.').slice(0, 2).join('.'),
    `${good}.x.y`,
    `${good} `,
    'x'.repeat(1_000_000),
    `${good.slice(0, -4)}AAAA`,
  ]) {
    expect(await outcomeOf(`Bearer ${odd}`)).toBe('INVALID_TOKEN RELOGIN')
  }
  expect(
    await outcomeOf(
      `Bearer ${await sign(claims(), { crit: ['b64'], b64: false }).catch(() => 'a.b.c')}`,
    ),
  ).toBe('INVALID_TOKEN RELOGIN')
})

test('A4, A5: keys come from the key set alone, never from a token’s header', async () => {
  const stranger = await generateKeyPair('EdDSA', { extractable: true })
  const jwk = await exportJWK(stranger.publicKey)
  const forged = await new SignJWT(claims())
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1', jwk })
    .sign(stranger.privateKey)
  expect(await outcomeOf(`Bearer ${forged}`)).toBe('INVALID_TOKEN RELOGIN')
  for (const kid of ['../../../dev/null', "' OR 1=1--", 'x'.repeat(2_000), '__proto__', 'k2']) {
    expect(await outcomeOf(`Bearer ${await sign(claims(), { kid })}`), kid).toBe(
      'INVALID_TOKEN RELOGIN',
    )
  }
})

test('A1: a token, cached or not, is refused 5 s after its exp, and one from the future always', async () => {
  const authorization = `Bearer ${await sign(claims())}`
  expect(await outcomeOf(authorization)).toBe('ACCEPTED')
  clock = NOW + 904
  expect(await outcomeOf(authorization)).toBe('ACCEPTED')
  clock = NOW + 906
  expect(await outcomeOf(authorization)).toBe('JWT_EXPIRED REFRESH')
  expect(await outcomeOf(`Bearer ${await sign(claims())}`)).toBe('JWT_EXPIRED REFRESH')
  clock = NOW
  for (const claim of ['nbf', 'iat'])
    expect(await outcomeOf(`Bearer ${await sign({ ...claims(), [claim]: NOW + 60 })}`), claim).toBe(
      'INVALID_TOKEN RELOGIN',
    )
})

test('A9: a revoked token is refused in every spelling, and a revoked session in all its tokens', async () => {
  const payload = claims()
  const token = await sign(payload)
  revocations.revoke({ tokenId: payload.jti, expiresAt: NOW + 900 })
  expect(await outcomeOf(`Bearer ${token}`)).toBe('MEMBER_UNAUTHORIZED RELOGIN')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const last of alphabet)
    expect(await outcomeOf(`Bearer ${token.slice(0, -1)}${last}`)).not.toBe('ACCEPTED')

  const session = randomUUID()
  const cached = `Bearer ${await sign({ ...claims(), sid: session })}`
  expect(await outcomeOf(cached)).toBe('ACCEPTED')
  revocations.revoke({ sessionId: session, expiresAt: NOW + 900 })
  expect(await outcomeOf(cached)).toBe('MEMBER_UNAUTHORIZED RELOGIN')
  expect(await outcomeOf(`Bearer ${await sign({ ...claims(), sid: session })}`)).toBe(
    'MEMBER_UNAUTHORIZED RELOGIN',
  )
})

test('verifyExpiredOrThrow accepts a token within its grace, but not a revoked one', async () => {
  const payload = { ...claims(), iat: NOW - 4_500, nbf: NOW - 4_500, exp: NOW - 3_600 }
  const authorization = `Bearer ${await sign(payload)}`
  expect((await verifier.verifyExpiredOrThrow(authorization, 86_400)).memberId).toBe(7)
  await expect(verifier.verifyOrThrow(authorization)).rejects.toMatchObject({ code: 'JWT_EXPIRED' })
  await expect(verifier.verifyExpiredOrThrow(authorization, 1_800)).rejects.toMatchObject({
    code: 'JWT_EXPIRED',
  })
  revocations.revoke({ tokenId: payload.jti, expiresAt: NOW })
  await expect(verifier.verifyExpiredOrThrow(authorization, 86_400)).rejects.toMatchObject({
    code: 'MEMBER_UNAUTHORIZED',
  })
})

test('an unavailable key set is 503 with Retry-After, never 401', async () => {
  const unavailable = createTokenVerifier({
    keys: remoteKeys(keySetAt('http://127.0.0.1:1/.well-known/jwks.json'), 600),
    revocations,
  })
  await expect(unavailable.verifyOrThrow(`Bearer ${await sign(claims())}`)).rejects.toMatchObject({
    code: 'MEMBER_API_CONNECTION_ERROR',
    retryAfterSeconds: 5,
  })
})

test('a token of a retired key, cached or not, is JWT_KEY_EXPIRED after the key’s grace', async () => {
  const set = {
    keys: [{ kty: 'OKP', crv: 'Ed25519', x: publicX, kid: 'k1', alg: 'EdDSA', exp: NOW + 100 }],
  }
  const keys: VerificationKeys = Object.assign(createLocalJWKSet(set), {
    endOf: (kid: string) => keyEndsOf(set).get(kid),
  })
  let time = NOW
  const retiring = createTokenVerifier({ keys, revocations, now: () => time })
  const authorization = `Bearer ${await sign(claims())}`
  expect((await retiring.verifyOrThrow(authorization)).memberId).toBe(7)
  time = NOW + 106
  await expect(retiring.verifyOrThrow(authorization)).rejects.toMatchObject({
    code: 'JWT_KEY_EXPIRED',
    advice: 'REFRESH',
  })
  await expect(retiring.verifyOrThrow(`Bearer ${await sign(claims())}`)).rejects.toMatchObject({
    code: 'JWT_KEY_EXPIRED',
    advice: 'REFRESH',
  })
  expect((await retiring.verifyExpiredOrThrow(authorization, 3_600)).memberId).toBe(7)
})

test('A10: cached keys are used while the issuer fails, and unknown ones cause a fetch every 30 s', async () => {
  let status = 200
  let fetches = 0
  const issuer = createServer((_request, response) => {
    fetches += 1
    response.writeHead(status, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        keys: [{ kty: 'OKP', crv: 'Ed25519', x: publicX, kid: 'k1', alg: 'EdDSA' }],
      }),
    )
  })
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  const keys = remoteKeys(
    keySetAt(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`),
    600,
  )
  const remote = createTokenVerifier({ keys, revocations, now: () => NOW })
  const later = vi.spyOn(performance, 'now')
  const at = performance.now()
  try {
    status = 503
    await expect(remote.verifyOrThrow(`Bearer ${await sign(claims())}`)).rejects.toMatchObject({
      code: 'MEMBER_API_CONNECTION_ERROR',
    })
    status = 200
    expect((await remote.verifyOrThrow(`Bearer ${await sign(claims())}`)).memberId).toBe(7)
    status = 503
    later.mockReturnValue(at + 700_000)
    for (let n = 0; n < 5; n += 1)
      expect((await remote.verifyOrThrow(`Bearer ${await sign(claims())}`)).memberId).toBe(7)
    await vi.waitFor(() => expect(fetches).toBe(3))
    for (let n = 0; n < 20; n += 1)
      await expect(
        remote.verifyOrThrow(`Bearer ${await sign(claims(), { kid: `k${n + 9}` })}`),
      ).rejects.toMatchObject({ code: 'MEMBER_API_CONNECTION_ERROR' })
    expect(fetches).toBe(3)
    status = 200
    later.mockReturnValue(at + 740_000)
    for (let n = 0; n < 20; n += 1)
      await expect(
        remote.verifyOrThrow(`Bearer ${await sign(claims(), { kid: `k${n + 9}` })}`),
      ).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
    expect(fetches).toBe(4)
  } finally {
    later.mockRestore()
    issuer.closeAllConnections()
    await new Promise((resolve) => issuer.close(resolve))
  }
})

test('A6: a failed fetch of the key set is retried before a new key signs', async () => {
  let isUnavailable = false
  let kid = 'k1'
  const issuer = createServer((_request, response) => {
    if (isUnavailable) return response.writeHead(503).end()
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: publicX, kid, alg: 'EdDSA' }] }),
      )
  })
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  const keys = remoteKeys(
    keySetAt(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`),
    2,
  )
  const remote = createTokenVerifier({ keys, revocations, now: () => NOW })
  const later = vi.spyOn(performance, 'now')
  const at = performance.now()
  try {
    expect((await remote.verifyOrThrow(`Bearer ${await sign(claims())}`)).memberId).toBe(7)
    isUnavailable = true
    later.mockReturnValue(at + 3_000)
    await expect(
      remote.verifyOrThrow(`Bearer ${await sign(claims(), { kid: 'k2' })}`),
    ).rejects.toMatchObject({ code: 'MEMBER_API_CONNECTION_ERROR' })
    isUnavailable = false
    kid = 'k2'
    later.mockReturnValue(at + 5_100)
    expect(
      (await remote.verifyOrThrow(`Bearer ${await sign(claims(), { kid: 'k2' })}`)).memberId,
    ).toBe(7)
  } finally {
    later.mockRestore()
    issuer.closeAllConnections()
    await new Promise((resolve) => issuer.close(resolve))
  }
})
