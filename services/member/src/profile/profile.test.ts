import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MemberFixture, memberFixture, type TestMember } from '../member-fixture.ts'

let member: MemberFixture
let minji: TestMember
let sora: TestMember
beforeAll(async () => {
  member = await memberFixture()
  ;[minji, sora] = [await member.signUp({ handle: 'Minji_K' }), await member.signUp()]
})
afterAll(() => member.close())

const as = (
  who: TestMember,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object | string,
  headers: Record<string, string> = {},
) =>
  ask(member.client, {
    as: who.bearer,
    method,
    url,
    body: payload as object,
    headers: { ...headers },
  })

test('only the own profile shows the e-mail address; a handle is found in any case', async () => {
  const own = await as(minji, 'GET', '/api/members/profile')
  expect(own.body.data).toMatchObject({
    memberId: minji.id,
    id: minji.id,
    email: minji.email,
    handle: 'Minji_K',
    memberHandle: 'Minji_K',
    followersCount: 0,
    followingsCount: 0,
    followingCount: 0,
    isActive: true,
    avatarUrl: null,
  })
  for (const path of [
    '/api/members/profile/@minji_k',
    `/api/members/profile/${minji.id}`,
    `/api/members/${minji.id}/profile`,
  ]) {
    const { body } = await as(sora, 'GET', path)
    expect(body.data.memberId).toBe(minji.id)
    expect(body.data).not.toHaveProperty('email')
  }
  expect((await as(sora, 'GET', '/api/members/profile/@nobody_here')).body.code).toBe(
    'MEMBER_NOT_FOUND',
  )
})

test('summary and name are served for oneself and for others', async () => {
  expect((await as(sora, 'GET', `/api/members/${minji.id}/summary`)).body.data).toMatchObject({
    memberId: minji.id,
    displayName: expect.any(String),
    bio: null,
    verificationStatus: 'NONE',
  })
  expect((await as(sora, 'GET', '/api/members/summary')).body.data.memberId).toBe(sora.id)
  expect((await as(sora, 'GET', '/api/members')).body.data).toEqual({
    id: sora.id,
    name: expect.any(String),
  })
  expect((await as(sora, 'GET', `/api/members/${minji.id}`)).body.data.id).toBe(minji.id)
})

test('an update keeps absent fields, clears blank ones, and stores an avatar’s address byte for byte', async () => {
  const address = '/api/proxy/images/view/abc-DEF_123?thumbnail=true'
  const saved = await as(minji, 'PUT', '/api/members/profile', {
    bio: '안녕하세요',
    birthDate: '1990-05-17',
    websiteUrl: 'https://example.com/나',
    timezone: 'Asia/Seoul',
    avatarUrl: address,
  })
  expect(saved.body.data).toMatchObject({
    bio: '안녕하세요',
    birthDate: '1990-05-17',
    avatarUrl: address,
    profileCompletionScore: 50,
  })
  const cleared = await as(minji, 'PUT', '/api/members/profile', {
    bio: '',
    birthDate: null,
    id: 7,
    role: 'ADMIN',
    email: 'other@example.com',
  })
  expect(cleared.body.data).toMatchObject({
    bio: null,
    birthDate: null,
    websiteUrl: 'https://example.com/나',
    avatarUrl: address,
    email: minji.email,
  })
})

test('JSON labelled text/plain is accepted for profile and handle, and nowhere else', async () => {
  expect(
    (
      await as(minji, 'PUT', '/api/members/profile', '{"location":"서울"}', {
        'content-type': 'text/plain',
      })
    ).body.data.location,
  ).toBe('서울')
  expect(
    (
      await as(minji, 'PUT', '/api/members/profile/handle', '{"newHandle":"minji_new"}', {
        'content-type': 'text/plain;charset=UTF-8',
      })
    ).body.data,
  ).toBe('minji_new')
  expect(
    (
      await as(minji, 'POST', '/api/authentication/login', '{"email":"a","password":"b"}', {
        'content-type': 'text/plain',
      })
    ).status,
  ).toBe(415)
})

test('a handle that is taken, in any case, is 400 MEMBER_HANDLE_ALREADY_EXISTS', async () => {
  const { status, body } = await as(minji, 'PUT', '/api/members/profile/handle', {
    newHandle: sora.handle.toUpperCase(),
  })
  expect([status, body.code]).toEqual([400, 'MEMBER_HANDLE_ALREADY_EXISTS'])
})

test('previous pictures are deleted after the new one is saved, except the one in use', async () => {
  await as(minji, 'PUT', '/api/members/profile', {
    avatarUrl: '/api/images/view/new1',
    previousAvatarUrl: ['/api/images/view/old1', '/api/images/view/new1', ''],
  })
  expect(member.pictures.deleted).toEqual([
    { memberId: minji.id, imageUrls: ['/api/images/view/old1'] },
  ])
})

test('an update is saved while image-svc is unavailable', async () => {
  member.pictures.isAway = true
  const { status, body } = await as(minji, 'PUT', '/api/members/profile', {
    avatarUrl: '/api/images/view/new2',
    previousAvatarUrl: ['/api/images/view/new1'],
  })
  member.pictures.isAway = false
  expect([status, body.data.avatarUrl]).toEqual([200, '/api/images/view/new2'])
})

test('simultaneous updates of different fields all persist, with one event each', async () => {
  const busy = await member.signUp()
  const fields = {
    bio: 'bio',
    location: 'Seoul',
    timezone: 'Asia/Seoul',
    gender: 'OTHER',
    languageCode: 'ko',
    countryCode: 'KR',
    displayName: 'Busy',
    birthDate: '1988-02-29',
  }
  await Promise.all(
    Object.entries(fields).map(([name, value]) =>
      as(busy, 'PUT', '/api/members/profile', { [name]: value }),
    ),
  )
  expect((await as(busy, 'GET', '/api/members/profile')).body.data).toMatchObject({
    ...fields,
    profileCompletionScore: 80,
  })
  const versions = (
    await member.database
      .sql`select version from member.outbox where member_id = ${busy.id} and activity_type = 'MEMBER_PROFILE_UPDATE'`
  ).map(({ version }) => version)
  expect(new Set(versions).size).toBe(8)
})

test.each([
  ['birthDate', '0000-01-01'],
  ['birthDate', '2999-01-01'],
  ['displayName', 'x'.repeat(101)],
  ['bio', 'x'.repeat(1_001)],
  ['websiteUrl', `https://a.io/${'x'.repeat(490)}`],
  ['memberName', ''],
  ['bio', 5],
  ['previousAvatarUrl', 'not a list'],
])('an update with %s = %j is refused and changes nothing', async (field, value) => {
  const before = (await as(sora, 'GET', '/api/members/profile')).body.data
  const { status, body } = await as(sora, 'PUT', '/api/members/profile', {
    location: 'changed',
    [field]: value,
  })
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect((await as(sora, 'GET', '/api/members/profile')).body.data).toEqual(before)
})

test('FRIENDS_ONLY shows the bio to mutual followers only, PRIVATE to the member only', async () => {
  const [shy, friend, stranger] = [
    await member.signUp(),
    await member.signUp(),
    await member.signUp(),
  ]
  await as(shy, 'PUT', '/api/members/profile', {
    bio: 'for friends',
    location: 'Busan',
    privacyLevel: 'FRIENDS_ONLY',
    avatarUrl: 'https://example.com/a.png',
  })
  await as(shy, 'POST', `/api/members/follow/${friend.id}`)
  const bioFor = async (who: TestMember) =>
    (await as(who, 'GET', `/api/members/${shy.id}/profile`)).body.data
  expect((await bioFor(friend)).bio).toBeNull()
  await as(friend, 'POST', `/api/members/follow/${shy.id}`)
  expect(await bioFor(friend)).toMatchObject({ bio: 'for friends', location: 'Busan' })
  expect(await bioFor(stranger)).toMatchObject({
    bio: null,
    location: null,
    handle: shy.handle,
    avatarUrl: 'https://example.com/a.png',
  })
  await as(shy, 'PUT', '/api/members/profile', { privacyLevel: 'PRIVATE' })
  expect((await bioFor(friend)).bio).toBeNull()
  expect((await bioFor(shy)).bio).toBe('for friends')
})

test('a blocked member and the one who blocked are 404 to each other', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  await as(one, 'POST', `/api/members/block/${two.id}`)
  expect((await as(two, 'GET', `/api/members/${one.id}/profile`)).status).toBe(404)
  expect((await as(one, 'GET', `/api/members/${two.id}/summary`)).status).toBe(404)
  expect((await as(two, 'POST', `/api/members/follow/${one.id}`)).body.code).toBe(
    'MEMBER_NOT_FOUND',
  )
  await as(one, 'DELETE', `/api/members/block/${two.id}`)
  expect((await as(two, 'GET', `/api/members/${one.id}/profile`)).status).toBe(200)
})

test('a body of hundreds of thousands of wrong values is refused with one error', async () => {
  const payload = JSON.stringify({ previousAvatarUrl: Array.from({ length: 450_000 }, () => 0) })
  const { status, body } = await as(sora, 'PUT', '/api/members/profile', payload, {
    'content-type': 'application/json',
  })
  expect([status, body.code, body.errors.map(({ field }: { field: string }) => field)]).toEqual([
    400,
    'VALIDATION_FAILED',
    ['body'],
  ])
})
