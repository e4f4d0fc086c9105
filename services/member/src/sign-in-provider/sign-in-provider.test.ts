import { startTestProvider, type TestProvider } from '@dailyfeed/tests/openid-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

/** A browser: it keeps what it is told to. */
function newBrowser() {
  const cookies = new Map<string, string>()
  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    headers: Record<string, string> = {},
  ) {
    const answer = await member.app.inject({
      method,
      url,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    for (const { name, value, maxAge } of answer.cookies) {
      if (maxAge === 0) cookies.delete(name)
      else cookies.set(name, value)
    }
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    return {
      status: answer.statusCode,
      body: isJson ? answer.json() : {},
      location: answer.headers.location as string | undefined,
      bearer: String(answer.headers['authorization']),
    }
  }
  const pathOf = (url: URL) => `${url.pathname}${url.search}`
  async function begin(provider = 'acme', returnTo = '/') {
    const { location } = await ask(
      'GET',
      `/api/authentication/oidc/${provider}/start?returnTo=${encodeURIComponent(returnTo)}`,
    )
    return location ?? ''
  }
  return {
    cookies,
    ask,
    begin,
    /** To the provider and back; where the browser ends up. */
    async signIn(subject: string, { at = acme, provider = 'acme', returnTo = '/' } = {}) {
      const back = await at.signIn(await begin(provider, returnTo), subject)
      return (await ask('GET', pathOf(back), undefined, { 'sec-fetch-site': 'cross-site' }))
        .location
    },
    comeBack: async (url: URL) => (await ask('GET', pathOf(url))).location,
    async refresh() {
      const { status, bearer } = await ask('POST', '/api/authentication/refresh')
      return { status, authorization: bearer }
    },
  }
}

type Browser = ReturnType<typeof newBrowser>
let subjects = 0
/** Somebody at the provider. */
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
  browser.ask('POST', '/api/authentication/oidc/signup', { memberName: '처음 온 사람', handle })

/** A member without a password. */
async function newcomer() {
  const account = newAccount(acme)
  const browser = newBrowser()
  await browser.signIn(account.subject)
  const { body, bearer } = await signUp(browser, `new_${account.subject.replace('-', '_')}`)
  return { account, browser, id: body.data.memberId as number, authorization: bearer }
}

test('providers are listed by id and name, in the order of their setting', async () => {
  const { body } = await newBrowser().ask('GET', '/api/authentication/oidc/providers')
  expect(body.data).toEqual([
    { id: 'acme', name: 'Acme 계정' },
    { id: 'other', name: 'Other' },
    { id: 'away', name: 'Away' },
  ])
})

test('who comes for the first time chooses name and handle, and is in; the next time at once', async () => {
  const account = newAccount(acme)
  const browser = newBrowser()
  expect(await browser.signIn(account.subject, { returnTo: '/ranking' })).toBe('/welcome')
  expect((await browser.ask('GET', '/api/authentication/oidc/proven')).body.data).toEqual({
    next: 'SIGN_UP',
    provider: { id: 'acme', name: 'Acme 계정' },
    email: account.email,
    name: account.name,
  })
  const signedUp = await signUp(browser, 'first_comer')
  expect([signedUp.status, signedUp.body.data.memberHandle]).toEqual([201, 'first_comer'])
  const { body } = await browser.ask('GET', '/api/members/profile', undefined, {
    authorization: signedUp.bearer,
  })
  expect(body.data).toMatchObject({ email: account.email, memberName: '처음 온 사람' })

  const later = newBrowser()
  expect(await later.signIn(account.subject, { returnTo: '/ranking' })).toBe('/ranking')
  const { status, authorization } = await later.refresh()
  expect(status).toBe(200)
  expect(
    (await later.ask('GET', '/api/members/profile', undefined, { authorization })).body.data
      .memberId,
  ).toBe(body.data.memberId)
})

test('signing up twice at once makes one account and enters it twice', async () => {
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

test('an account with the same e-mail address is entered by its password only, and linked by that', async () => {
  const owner = await member.signUp({ email: 'owner@example.test' })
  const account = newAccount(acme, { email: 'Owner@example.test' })
  const browser = newBrowser()
  expect(await browser.signIn(account.subject)).toBe('/welcome')
  expect((await browser.ask('GET', '/api/authentication/oidc/proven')).body.data.next).toBe('LINK')
  expect((await browser.refresh()).status).toBe(401)
  expect((await signUp(browser, 'not_the_owner')).body.code).toBe('MEMBER_ALREADY_EXISTS')
  const wrong = await browser.ask('POST', '/api/authentication/oidc/link', {
    password: 'not the password',
  })
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  expect(await newBrowser().signIn(account.subject)).toBe('/welcome')
  const linked = await browser.ask('POST', '/api/authentication/oidc/link', { password: PASSWORD })
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

test('an e-mail address that the provider has not verified proves nothing', async () => {
  const { subject } = newAccount(acme, { email: 'somebody@example.test', email_verified: false })
  const browser = newBrowser()
  expect(await browser.signIn(subject)).toBe('/login?problem=provider_email')
  expect((await browser.ask('GET', '/api/authentication/oidc/proven')).body.code).toBe(
    'PROVIDER_SIGN_IN_EXPIRED',
  )
})

test('an identity stays whose it is when its e-mail address changes, and the same subject of another provider is somebody else', async () => {
  const { account, id } = await newcomer()
  acme.accounts.set(account.subject, { ...account, email: 'moved@example.test' })
  other.accounts.set(account.subject, { ...account, email: 'stranger@example.test' })
  const browser = newBrowser()
  expect(await browser.signIn(account.subject)).toBe('/')
  const { authorization } = await browser.refresh()
  expect(
    (await browser.ask('GET', '/api/members/profile', undefined, { authorization })).body.data
      .memberId,
  ).toBe(id)
  expect(await newBrowser().signIn(account.subject, { at: other, provider: 'other' })).toBe(
    '/welcome',
  )
})

test('the browser that comes back must be the one that left, with the answer that was asked for', async () => {
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

test('an answer works once', async () => {
  const { account } = await newcomer()
  const browser = newBrowser()
  const back = await acme.signIn(await browser.begin(), account.subject)
  const kept = new Map(browser.cookies)
  expect(await browser.comeBack(back)).toBe('/')
  const again = newBrowser()
  for (const [name, value] of kept) again.cookies.set(name, value)
  expect(await again.comeBack(back)).toBe('/login?problem=provider_refused')
})

test('PKCE, state and nonce are asked for each time anew', async () => {
  const [first, second] = [new URL(await newBrowser().begin()), new URL(await newBrowser().begin())]
  expect(first.searchParams.get('code_challenge_method')).toBe('S256')
  for (const name of ['code_challenge', 'state', 'nonce']) {
    expect(first.searchParams.get(name)?.length).toBeGreaterThanOrEqual(43)
    expect(first.searchParams.get(name)).not.toBe(second.searchParams.get(name))
  }
})

test('the cookie of a sign-in can neither be read nor changed', async () => {
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

test('who changes their mind, and a provider that is away, lead back to the login page', async () => {
  const browser = newBrowser()
  const back = await acme.cancel(await browser.begin())
  expect(await browser.comeBack(back)).toBe('/login?problem=provider_cancelled')
  expect(await browser.begin('away')).toBe('/login?problem=provider_unavailable')
  expect((await browser.ask('GET', '/api/authentication/oidc/nobody/start')).body.code).toBe(
    'PROVIDER_NOT_FOUND',
  )
})

test('it is not started for somebody from another site, and leads on to no other site', async () => {
  const browser = newBrowser()
  const foreign = await browser.ask('GET', '/api/authentication/oidc/acme/start', undefined, {
    'sec-fetch-site': 'cross-site',
  })
  expect([foreign.status, foreign.body.code]).toEqual([403, 'CROSS_SITE_REQUEST_REFUSED'])
  const { account } = await newcomer()
  for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'evil'])
    expect(await newBrowser().signIn(account.subject, { returnTo })).toBe('/')
})

test('a member links one more provider, signs in by it, and unlinks it', async () => {
  const owner = await member.signUp()
  const browser = newBrowser()
  const headers = { authorization: owner.bearer }
  expect(
    (await browser.ask('POST', '/api/authentication/oidc/other/link', {}, headers)).body.code,
  ).toBe('VALIDATION_FAILED')
  expect(
    (
      await browser.ask(
        'POST',
        '/api/authentication/oidc/other/link',
        { password: 'wrong password' },
        headers,
      )
    ).body.code,
  ).toBe('MEMBER_PASSWORD_INVALID')
  const { body } = await browser.ask(
    'POST',
    '/api/authentication/oidc/other/link',
    { password: PASSWORD },
    headers,
  )
  const account = newAccount(other, { email: 'elsewhere@example.test', email_verified: false })
  expect(await browser.comeBack(await other.signIn(body.data.url, account.subject))).toBe(
    '/security?linked=other',
  )
  expect(
    (await browser.ask('GET', '/api/authentication/sign-in-methods', undefined, headers)).body.data,
  ).toMatchObject({
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
  const link = await thief.ask(
    'POST',
    '/api/authentication/oidc/other/link',
    { password: PASSWORD },
    { authorization: second.bearer },
  )
  expect(await thief.comeBack(await other.signIn(link.body.data.url, account.subject))).toBe(
    '/security?problem=provider_linked',
  )

  expect(
    (
      await browser.ask(
        'DELETE',
        '/api/authentication/oidc/other/link',
        { password: PASSWORD },
        headers,
      )
    ).body.data,
  ).toBe(true)
  expect(
    (
      await browser.ask(
        'DELETE',
        '/api/authentication/oidc/other/link',
        { password: PASSWORD },
        headers,
      )
    ).body.code,
  ).toBe('PROVIDER_NOT_LINKED')
  expect(await newBrowser().signIn(account.subject, { at: other, provider: 'other' })).toBe(
    '/login?problem=provider_email',
  )
})

test('a member without a password proves to be the one by a sign-in of the last five minutes', async () => {
  const { browser, id, authorization } = await newcomer()
  const headers = { authorization }
  expect(
    (await browser.ask('DELETE', '/api/authentication/oidc/acme/link', {}, headers)).body.code,
  ).toBe('LAST_SIGN_IN_METHOD')
  await member.sql`update member.session set created_at = now() - interval '6 minutes' where member_id = ${id}`
  expect(
    (
      await browser.ask(
        'PUT',
        '/api/members/password',
        { newPassword: 'a new long password' },
        headers,
      )
    ).body.code,
  ).toBe('RECENT_SIGN_IN_NEEDED')
  expect(
    (await browser.ask('DELETE', '/api/authentication/deactivate', {}, headers)).body.code,
  ).toBe('RECENT_SIGN_IN_NEEDED')
  await member.sql`update member.session set created_at = now() where member_id = ${id}`
  const changed = await browser.ask(
    'PUT',
    '/api/members/password',
    { newPassword: 'a new long password' },
    headers,
  )
  expect(changed.status).toBe(200)
  expect(
    (await browser.ask('DELETE', '/api/authentication/oidc/acme/link', {}, headers)).body.code,
  ).toBe('VALIDATION_FAILED')
  expect(
    (
      await browser.ask(
        'DELETE',
        '/api/authentication/oidc/acme/link',
        { password: 'a new long password' },
        headers,
      )
    ).status,
  ).toBe(200)
})

test('without a password nobody logs in by one, whatever they send', async () => {
  const { account } = await newcomer()
  for (const password of [PASSWORD, 'null', ' '])
    expect(
      (
        await newBrowser().ask('POST', '/api/authentication/login', {
          email: account.email,
          password,
        })
      ).body.code,
    ).toBe('LOGIN_FAILED')
})

test('a withdrawn member comes back by the provider within 30 days, and not later', async () => {
  const { account, browser, id, authorization } = await newcomer()
  expect(
    (await browser.ask('DELETE', '/api/authentication/deactivate', {}, { authorization })).body
      .data,
  ).toBe(true)
  expect((await browser.refresh()).status).toBe(401)
  expect(await newBrowser().signIn(account.subject)).toBe('/')
  await member.sql`update member.member set withdrawn_at = now() - interval '30 days 1 minute' where id = ${id}`
  expect(await newBrowser().signIn(account.subject)).toBe('/login?problem=account_gone')
})
