import { ask, type TestRequest } from '@dailyfeed/tests/http-client'
import { startTestProvider, type TestProvider } from '@dailyfeed/tests/openid-provider'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'

const ORIGIN = 'http://feed.example'
const callbackOf = (provider: string) => `${ORIGIN}/api/authentication/oidc/${provider}/callback`

let acme: TestProvider
let other: TestProvider
let member: MemberFixture

beforeAll(async () => {
  acme = await startTestProvider([callbackOf('acme')])
  other = await startTestProvider([callbackOf('other')])
  member = await memberFixture({
    PUBLIC_URL: ORIGIN,
    OIDC_PROVIDERS: 'acme,other,away',
    OIDC_ACME_ISSUER: acme.issuer,
    OIDC_ACME_CLIENT_ID: acme.clientId,
    OIDC_ACME_CLIENT_SECRET: acme.clientSecret,
    OIDC_ACME_NAME: 'Acme 계정',
    OIDC_OTHER_ISSUER: other.issuer,
    OIDC_OTHER_CLIENT_ID: other.clientId,
    OIDC_OTHER_CLIENT_SECRET: other.clientSecret,
    OIDC_AWAY_ISSUER: 'http://127.0.0.1:9',
    OIDC_AWAY_CLIENT_ID: 'x',
    OIDC_AWAY_CLIENT_SECRET: 'x',
  })
})
afterAll(async () => {
  await member.close()
  await acme.stop()
  await other.stop()
})

/** A browser: it keeps cookies as it is asked to. */
function newBrowser() {
  const cookies = new Map<string, string>()
  async function send(request: TestRequest) {
    const answer = await ask(member.client, {
      ...request,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'sec-fetch-site': 'same-origin',
        ...request.headers,
      },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/; Max-Age=0(;|$)/.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return {
      status: answer.status,
      body: answer.body,
      location: answer.headers.get('location') ?? undefined,
      bearer: answer.headers.get('authorization') ?? '',
    }
  }
  const pathOf = (url: URL) => `${url.pathname}${url.search}`
  async function begin(provider = 'acme', returnTo = '/') {
    const { location } = await send({
      url: `/api/authentication/oidc/${provider}/start?returnTo=${encodeURIComponent(returnTo)}`,
    })
    return location ?? ''
  }
  return {
    cookies,
    send,
    begin,
    /** Goes to the provider and back. Returns the path that the browser is sent to. */
    async signIn(subject: string, { at = acme, provider = 'acme', returnTo = '/' } = {}) {
      const back = await at.signIn(await begin(provider, returnTo), subject)
      return (await send({ url: pathOf(back), headers: { 'sec-fetch-site': 'cross-site' } }))
        .location
    },
    comeBack: async (url: URL) => (await send({ url: pathOf(url) })).location,
    async refresh() {
      const { status, bearer } = await send({ method: 'POST', url: '/api/authentication/refresh' })
      return { status, authorization: bearer }
    },
  }
}

type Browser = ReturnType<typeof newBrowser>
let subjects = 0
/** A person with an account at the provider. */
function newAccount(
  at: TestProvider,
  claims: { email?: string; email_verified?: boolean; name?: string } = {},
) {
  subjects += 1
  const subject = `subject-${subjects}`
  const account = {
    email: `${subject}@example.test`,
    email_verified: true,
    name: `이름 ${subjects}`,
    ...claims,
  }
  at.accounts.set(subject, account)
  return { subject, ...account }
}
const signUp = async (browser: Browser, handle: string) =>
  browser.send({
    url: '/api/authentication/oidc/signup',
    body: { memberName: '처음 온 사람', handle },
  })

/** A new member without a password. */
async function newcomer() {
  const account = newAccount(acme)
  const browser = newBrowser()
  await browser.signIn(account.subject)
  const { body, bearer } = await signUp(browser, `new_${account.subject.replace('-', '_')}`)
  return { account, browser, id: body.data.memberId as number, authorization: bearer }
}

test('providers are listed by id and name in the order of OIDC_PROVIDERS', async () => {
  const { body } = await newBrowser().send({ url: '/api/authentication/oidc/providers' })
  expect(body.data).toEqual([
    { id: 'acme', name: 'Acme 계정' },
    { id: 'other', name: 'Other' },
    { id: 'away', name: 'Away' },
  ])
})

test('a first sign-in asks for name and handle, a later one leads to the page that was asked for', async () => {
  const account = newAccount(acme)
  const browser = newBrowser()
  expect(await browser.signIn(account.subject, { returnTo: '/ranking' })).toBe('/welcome')
  expect((await browser.send({ url: '/api/authentication/oidc/proven' })).body.data).toEqual({
    next: 'SIGN_UP',
    provider: { id: 'acme', name: 'Acme 계정' },
    email: account.email,
    name: account.name,
  })
  const signedUp = await signUp(browser, 'first_comer')
  expect([signedUp.status, signedUp.body.data.memberHandle]).toEqual([201, 'first_comer'])
  const { body } = await browser.send({ as: signedUp.bearer, url: '/api/members/profile' })
  expect(body.data).toMatchObject({ email: account.email, memberName: '처음 온 사람' })

  const later = newBrowser()
  expect(await later.signIn(account.subject, { returnTo: '/ranking' })).toBe('/ranking')
  const { status, authorization } = await later.refresh()
  expect(status).toBe(200)
  expect(
    (await later.send({ as: authorization, url: '/api/members/profile' })).body.data.memberId,
  ).toBe(body.data.memberId)
})

test('two simultaneous sign-ups of one identity create one account and start two sessions', async () => {
  const account = newAccount(acme)
  const browser = newBrowser()
  await browser.signIn(account.subject)
  const answers = await Promise.all([signUp(browser, 'twice_1'), signUp(browser, 'twice_1')])
  const ids = answers.filter(({ status }) => status === 201).map(({ body }) => body.data.memberId)
  expect(ids.length).toBeGreaterThanOrEqual(1)
  expect(new Set(ids).size).toBe(1)
  expect((await member.sql`select from member.member where email = ${account.email}`).length).toBe(
    1,
  )
})

test('an account with the same e-mail address is linked only with its password', async () => {
  const owner = await member.signUp({ email: 'owner@example.test' })
  const account = newAccount(acme, { email: 'Owner@example.test' })
  const browser = newBrowser()
  expect(await browser.signIn(account.subject)).toBe('/welcome')
  expect((await browser.send({ url: '/api/authentication/oidc/proven' })).body.data.next).toBe(
    'LINK',
  )
  expect((await browser.refresh()).status).toBe(401)
  expect((await signUp(browser, 'not_the_owner')).body.code).toBe('MEMBER_ALREADY_EXISTS')
  const wrong = await browser.send({
    url: '/api/authentication/oidc/link',
    body: {
      password: 'not the password',
    },
  })
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  expect(await newBrowser().signIn(account.subject)).toBe('/welcome')
  const linked = await browser.send({
    url: '/api/authentication/oidc/link',
    body: { password: PASSWORD },
  })
  expect([linked.status, linked.body.data.memberId]).toEqual([200, owner.id])
  expect(await newBrowser().signIn(account.subject)).toBe('/')
  const types = (
    await member.sql<
      { type: string }[]
    >`select type from member.audit where member_id = ${owner.id} order by id desc limit 3`
  ).map(({ type }) => type)
  expect(types).toContain('PROVIDER_LINKED')
  expect(types[0]).toBe('LOGGED_IN')
})

test('an e-mail address that the provider has not verified is not accepted', async () => {
  const { subject } = newAccount(acme, { email: 'somebody@example.test', email_verified: false })
  const browser = newBrowser()
  expect(await browser.signIn(subject)).toBe('/login?problem=provider_email')
  expect((await browser.send({ url: '/api/authentication/oidc/proven' })).body.code).toBe(
    'PROVIDER_SIGN_IN_EXPIRED',
  )
})

test('an identity is the issuer and subject: neither the e-mail address nor the subject alone', async () => {
  const { account, id } = await newcomer()
  acme.accounts.set(account.subject, { ...account, email: 'moved@example.test' })
  other.accounts.set(account.subject, { ...account, email: 'stranger@example.test' })
  const browser = newBrowser()
  expect(await browser.signIn(account.subject)).toBe('/')
  const { authorization } = await browser.refresh()
  expect(
    (await browser.send({ as: authorization, url: '/api/members/profile' })).body.data.memberId,
  ).toBe(id)
  expect(await newBrowser().signIn(account.subject, { at: other, provider: 'other' })).toBe(
    '/welcome',
  )
})

test('a callback is refused in another browser, with another state or from another provider', async () => {
  const { subject } = newAccount(acme)
  const victim = newBrowser()
  const attacker = newBrowser()
  const back = await acme.signIn(await attacker.begin(), subject)
  expect(await victim.comeBack(back)).toBe('/login?problem=provider_expired')
  await victim.begin()
  expect(await victim.comeBack(back)).toBe('/login?problem=provider_refused')

  const browser = newBrowser()
  const changed = await acme.signIn(await browser.begin(), subject)
  changed.searchParams.set('state', 'another')
  expect(await browser.comeBack(changed)).toBe('/login?problem=provider_refused')

  const mixed = newBrowser()
  const fromAcme = await acme.signIn(await mixed.begin(), subject)
  await mixed.begin('other')
  fromAcme.pathname = new URL(callbackOf('other')).pathname
  expect(await mixed.comeBack(fromAcme)).toBe('/login?problem=provider_refused')
})

test('an answer of a provider is accepted once', async () => {
  const { account } = await newcomer()
  const browser = newBrowser()
  const back = await acme.signIn(await browser.begin(), account.subject)
  const kept = new Map(browser.cookies)
  expect(await browser.comeBack(back)).toBe('/')
  const again = newBrowser()
  for (const [name, value] of kept) again.cookies.set(name, value)
  expect(await again.comeBack(back)).toBe('/login?problem=provider_refused')
})

test('each sign-in has its own PKCE challenge, state and nonce', async () => {
  const [first, second] = [new URL(await newBrowser().begin()), new URL(await newBrowser().begin())]
  expect(first.searchParams.get('code_challenge_method')).toBe('S256')
  for (const name of ['code_challenge', 'state', 'nonce']) {
    expect(first.searchParams.get(name)?.length).toBeGreaterThanOrEqual(43)
    expect(first.searchParams.get(name)).not.toBe(second.searchParams.get(name))
  }
})

test('the cookie of a sign-in can be neither read nor changed', async () => {
  const browser = newBrowser()
  const url = new URL(await browser.begin())
  const [[name, sealed] = ['', '']] = [...browser.cookies]
  expect(name).toBe('dailyfeed_sign_in')
  for (const part of sealed.split('.'))
    expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain(
      url.searchParams.get('state'),
    )
  browser.cookies.set(name, `${sealed.slice(0, -2)}AA`)
  expect(await browser.comeBack(new URL(`${callbackOf('acme')}?code=x&state=y`))).toBe(
    '/login?problem=provider_expired',
  )
})

test('a cancelled sign-in and an unreachable provider lead back to the login page', async () => {
  const browser = newBrowser()
  const back = await acme.cancel(await browser.begin())
  expect(await browser.comeBack(back)).toBe('/login?problem=provider_cancelled')
  expect(await browser.begin('away')).toBe('/login?problem=provider_unavailable')
  expect((await browser.send({ url: '/api/authentication/oidc/nobody/start' })).body.code).toBe(
    'PROVIDER_NOT_FOUND',
  )
})

test('a sign-in starts only on the own site and leads to no other site', async () => {
  const browser = newBrowser()
  const foreign = await browser.send({
    url: '/api/authentication/oidc/acme/start',
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  expect([foreign.status, foreign.body.code]).toEqual([403, 'CROSS_SITE_REQUEST_REFUSED'])
  const { account } = await newcomer()
  for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'evil'])
    expect(await newBrowser().signIn(account.subject, { returnTo })).toBe('/')
})

const linkUrl = (provider: string) => `/api/authentication/oidc/${provider}/link`
const link = (browser: Browser, as: string, provider: string, password?: string) =>
  browser.send({ as, url: linkUrl(provider), body: password === undefined ? {} : { password } })
const unlink = (browser: Browser, as: string, provider: string, password?: string) =>
  browser.send({
    as,
    method: 'DELETE',
    url: linkUrl(provider),
    body: password === undefined ? {} : { password },
  })
const withdraw = (browser: Browser, as: string) =>
  browser.send({ as, method: 'DELETE', url: '/api/authentication/deactivate', body: {} })

test('a member links a second provider, signs in by it, and unlinks it', async () => {
  const { bearer } = await member.signUp()
  const browser = newBrowser()
  expect((await link(browser, bearer, 'other')).body.code).toBe('VALIDATION_FAILED')
  expect((await link(browser, bearer, 'other', 'wrong password')).body.code).toBe(
    'MEMBER_PASSWORD_INVALID',
  )
  const { body } = await link(browser, bearer, 'other', PASSWORD)
  const account = newAccount(other, { email: 'elsewhere@example.test', email_verified: false })
  expect(await browser.comeBack(await other.signIn(body.data.url, account.subject))).toBe(
    '/security?linked=other',
  )
  const methods = await browser.send({ as: bearer, url: '/api/authentication/sign-in-methods' })
  expect(methods.body.data).toMatchObject({
    password: true,
    providers: [
      { id: 'acme', linked: null },
      { id: 'other', linked: { email: null } },
      { id: 'away', linked: null },
    ],
  })
  expect(await newBrowser().signIn(account.subject, { at: other, provider: 'other' })).toBe('/')

  const second = await member.signUp()
  const thief = newBrowser()
  const stolen = await link(thief, second.bearer, 'other', PASSWORD)
  expect(await thief.comeBack(await other.signIn(stolen.body.data.url, account.subject))).toBe(
    '/security?problem=provider_linked',
  )

  expect((await unlink(browser, bearer, 'other', PASSWORD)).body.data).toBe(true)
  expect((await unlink(browser, bearer, 'other', PASSWORD)).body.code).toBe('PROVIDER_NOT_LINKED')
  expect(await newBrowser().signIn(account.subject, { at: other, provider: 'other' })).toBe(
    '/login?problem=provider_email',
  )
})

test('a failed link by password is audited and logged like a failed login', async () => {
  const owner = await member.signUp({ email: 'logged@example.test' })
  const account = newAccount(acme, { email: owner.email })
  const browser = newBrowser()
  await browser.signIn(account.subject)
  const info = vi.spyOn(member.log, 'info')
  try {
    await browser.send({ url: '/api/authentication/oidc/link', body: { password: 'wrong one' } })
    expect(info).toHaveBeenCalledWith(
      expect.objectContaining({ security: 'LOGIN_FAILED', memberId: owner.id }),
      'login failed',
    )
  } finally {
    info.mockRestore()
  }
  const [entry] = await member.sql<[{ type: string }]>`
    select type from member.audit where member_id = ${owner.id} order by id desc limit 1`
  expect(entry.type).toBe('LOGIN_FAILED')
})

test('a member without a password proves ownership by a sign-in within five minutes', async () => {
  const { browser, id, authorization: bearer } = await newcomer()
  const newPassword = 'a new long password'
  const setPassword = () =>
    browser.send({ as: bearer, method: 'PUT', url: '/api/members/password', body: { newPassword } })
  expect((await unlink(browser, bearer, 'acme')).body.code).toBe('LAST_SIGN_IN_METHOD')
  await member.sql`
    update member.session set created_at = now() - interval '6 minutes' where member_id = ${id}`
  expect((await setPassword()).body.code).toBe('RECENT_SIGN_IN_NEEDED')
  expect((await withdraw(browser, bearer)).body.code).toBe('RECENT_SIGN_IN_NEEDED')
  await member.sql`update member.session set created_at = now() where member_id = ${id}`
  expect((await setPassword()).status).toBe(200)
  expect((await unlink(browser, bearer, 'acme')).body.code).toBe('VALIDATION_FAILED')
  expect((await unlink(browser, bearer, 'acme', newPassword)).status).toBe(200)
})

test('an account without a password accepts no password', async () => {
  const { account } = await newcomer()
  for (const password of [PASSWORD, 'null', ' ']) {
    const body = { email: account.email, password }
    const answer = await newBrowser().send({ url: '/api/authentication/login', body })
    expect(answer.body.code).toBe('LOGIN_FAILED')
  }
})

test('a withdrawn account is restored by a sign-in at the provider within 30 days, not later', async () => {
  const { account, browser, id, authorization } = await newcomer()
  expect((await withdraw(browser, authorization)).body.data).toBe(true)
  expect((await browser.refresh()).status).toBe(401)
  expect(await newBrowser().signIn(account.subject)).toBe('/')
  await member.sql`
    update member.member set withdrawn_at = now() - interval '30 days 1 minute' where id = ${id}`
  expect(await newBrowser().signIn(account.subject)).toBe('/login?problem=account_gone')
})
