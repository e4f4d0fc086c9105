import { ask } from '@dailyfeed/tests/http-client'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MemberFixture, memberFixture, type TestMember } from '../member-fixture.ts'

let member: MemberFixture
let people: TestMember[]
beforeAll(async () => {
  member = await memberFixture()
  people = []
  for (let n = 0; n < 6; n += 1) people.push(await member.signUp())
})
afterAll(() => member.close())

const as = (
  who: TestMember,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object,
) => ask(member.client, { as: who.bearer, method, url, body: payload })
const idsOf = ({ body }: { body: { data: { content: { memberId: number }[] } } }) =>
  body.data.content.map(({ memberId }) => memberId)
const at = (n: number) => people[n] as TestMember

test('counts and events are right after any mixture of simultaneous follows, unfollows and blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom('follow', 'unfollow', 'block', 'unblock')),
        { minLength: 10, maxLength: 40 },
      ),
      async (actions) => {
        const before = await member.database
          .sql`select count(*)::int as n from member.outbox where activity_type in ('MEMBER_FOLLOW', 'MEMBER_UNFOLLOW')`
        const answers = await Promise.all(
          actions.map(async ([from, to, action]) => {
            const method = action.startsWith('un') ? 'DELETE' : 'POST'
            return {
              action,
              ...(await as(
                at(from),
                method,
                `/api/members/${action.replace('un', '')}/${at(to).id}`,
              )),
            }
          }),
        )
        expect(answers.filter(({ status }) => status >= 500)).toEqual([])
        const wrong = await member.database.sql`
        select id from member.member m
        where followings_count <> (select count(*) from member.follow where follower_id = m.id) or followers_count <> (select count(*) from member.follow where following_id = m.id)`
        expect([...wrong]).toEqual([])
        const crossed = await member.database
          .sql`select from member.follow f join member.block b on (b.blocker_id, b.blocked_id) in ((f.follower_id, f.following_id), (f.following_id, f.follower_id))`
        expect(crossed).toHaveLength(0)
        const after = await member.database
          .sql`select count(*)::int as n from member.outbox where activity_type in ('MEMBER_FOLLOW', 'MEMBER_UNFOLLOW')`
        const acknowledged = answers.filter(
          ({ action, status }) => status === 200 && (action === 'follow' || action === 'unfollow'),
        ).length
        expect((after[0]?.['n'] ?? 0) - (before[0]?.['n'] ?? 0)).toBeGreaterThanOrEqual(
          acknowledged,
        )
      },
    ),
    { numRuns: 8 },
  )
})

test('a follow answers true, and each refusal has its own code', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  const codes = async (method: 'POST' | 'DELETE', path: string) => {
    const { status, body } = await as(one, method, path)
    return [status, body.code ?? body.data]
  }
  const path = `/api/members/follow/${two.id}`
  expect(await codes('DELETE', path)).toEqual([404, 'FOLLOW_RELATIONSHIP_NOT_FOUND'])
  expect(await codes('POST', path)).toEqual([200, true])
  expect(await codes('POST', path)).toEqual([409, 'FOLLOW_RELATIONSHIP_ALREADY_EXISTS'])
  expect(
    (await as(one, 'GET', '/api/members/query/followings')).body.data.map(
      ({ memberId }: { memberId: number }) => memberId,
    ),
  ).toEqual([two.id])
  expect(await codes('DELETE', path)).toEqual([200, true])
  expect(await codes('POST', '/api/members/follow/999999999')).toEqual([404, 'MEMBER_NOT_FOUND'])
  const self = await as(one, 'POST', `/api/members/follow/${one.id}`)
  expect([self.status, self.body.code]).toEqual([400, 'FOLLOW_SELF_NOT_ALLOWED'])
  expect(self.body.message).toContain('자기')
  for (const act of ['block', 'mute'])
    expect(await codes('POST', `/api/members/${act}/${one.id}`)).toEqual([400, 'VALIDATION_FAILED'])
})

test('fifty simultaneous follows and unfollows of one member end as the last acknowledged one', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      as(one, n % 2 === 0 ? 'POST' : 'DELETE', `/api/members/follow/${two.id}`),
    ),
  )
  const acknowledged = (method: number) =>
    answers.filter(({ status }, n) => n % 2 === method && status === 200).length
  const stands = acknowledged(0) - acknowledged(1)
  const profile = async (id: number) =>
    (await as(one, 'GET', `/api/members/profile/${id}`)).body.data
  expect([(await profile(one.id)).followingsCount, (await profile(two.id)).followersCount]).toEqual(
    [stands, stands],
  )
  const events = await member.database
    .sql`select activity_type, version from member.outbox where member_id = ${one.id} and target_member_id = ${two.id} order by version`
  expect(events.map(({ activity_type }) => activity_type)).toEqual(
    events.map((_, n) => (n % 2 === 0 ? 'MEMBER_FOLLOW' : 'MEMBER_UNFOLLOW')),
  )
  expect(events).toHaveLength(acknowledged(0) + acknowledged(1))
})

test('a block ends follows in both directions with an event for each, and can be repeated', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  await as(one, 'POST', `/api/members/follow/${two.id}`)
  await as(two, 'POST', `/api/members/follow/${one.id}`)
  for (let n = 0; n < 2; n += 1)
    expect((await as(one, 'POST', `/api/members/block/${two.id}`)).body.data).toBe(true)
  const events = await member.database.sql`
    select activity_type, member_id, target_member_id from member.outbox where activity_type in ('MEMBER_BLOCK', 'MEMBER_UNFOLLOW') and member_id in (${one.id}, ${two.id}) order by activity_type, member_id`
  expect(events.map((event) => Object.values(event))).toEqual([
    ['MEMBER_BLOCK', one.id, two.id],
    ['MEMBER_UNFOLLOW', one.id, two.id],
    ['MEMBER_UNFOLLOW', two.id, one.id],
  ])
  expect((await as(two, 'GET', '/api/members/followings/more')).body.data.content).toEqual([])
})

test('a cursor belongs to one list, member and viewer; paging by it skips and repeats nobody', async () => {
  const [star, other] = [await member.signUp(), await member.signUp()]
  const fans: TestMember[] = []
  for (let n = 0; n < 7; n += 1) fans.push(await member.signUp())
  for (const fan of fans.slice(0, 6)) await as(fan, 'POST', `/api/members/follow/${star.id}`)
  const first = await as(other, 'GET', `/api/members/${star.id}/followers/more?size=2`)
  const cursor = first.body.data.nextCursor
  for (const path of [
    `/api/members/${star.id}/followings/more`,
    `/api/members/${other.id}/followers/more`,
    '/api/members/blocks',
    '/api/members/follow/recommend/newbie',
  ]) {
    expect((await as(other, 'GET', `${path}?size=2&cursor=${cursor}`)).status, path).toBe(400)
  }
  expect(
    (await as(star, 'GET', `/api/members/followers/more?size=2&cursor=${cursor}`)).status,
  ).toBe(400)
  await as(fans[6] as TestMember, 'POST', `/api/members/follow/${star.id}`)
  const paged = idsOf(first)
  for (let next = cursor; next !== null; ) {
    const { body } = await as(
      other,
      'GET',
      `/api/members/${star.id}/followers/more?size=2&cursor=${next}`,
    )
    expect(body.data.page).toBeNull()
    paged.push(...idsOf({ body }))
    next = body.data.nextCursor
  }
  expect(paged).toEqual(
    fans
      .slice(0, 6)
      .map(({ id }) => id)
      .reverse(),
  )
})

test('a member follows at most 1,000 others', async () => {
  const eager = await member.signUp()
  await member.database.sql`update member.member set followings_count = 1000 where id = ${eager.id}`
  const { status, body } = await as(eager, 'POST', `/api/members/follow/${at(0).id}`)
  expect([status, body.code]).toEqual([400, 'FOLLOW_LIMIT_EXCEEDS'])
})

test('followers and followings come newest first, without withdrawn or blocked members', async () => {
  const star = await member.signUp()
  const fans: TestMember[] = []
  for (let n = 0; n < 5; n += 1) fans.push(await member.signUp())
  for (const fan of fans) await as(fan, 'POST', `/api/members/follow/${star.id}`)
  const newestFirst = fans.map(({ id }) => id).reverse()
  const first = await as(star, 'GET', '/api/members/followers/more?size=2')
  const second = await as(
    star,
    'GET',
    `/api/members/followers/more?size=2&cursor=${first.body.data.nextCursor}`,
  )
  expect([...idsOf(first), ...idsOf(second)]).toEqual(newestFirst.slice(0, 4))
  expect(idsOf(await as(star, 'GET', '/api/members/followers/more?size=2&page=2'))).toEqual(
    newestFirst.slice(4),
  )
  const both = await as(star, 'GET', '/api/members/followers-followings')
  expect([
    both.body.data.followers.content.length,
    both.body.data.followings.content.length,
  ]).toEqual([5, 0])
  const gone = fans[0] as TestMember
  await member.database.sql`update member.member set withdrawn_at = now() where id = ${gone.id}`
  await as(star, 'POST', `/api/members/block/${(fans[1] as TestMember).id}`)
  expect(idsOf(await as(star, 'GET', '/api/members/followers/more'))).toEqual(
    newestFirst.slice(0, 3),
  )
  expect(idsOf(await as(star, 'GET', '/api/members/blocks'))).toEqual([(fans[1] as TestMember).id])
})

test('query/in keeps the order of the ids, leaves unknown ones out, and takes at most 1,000', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  const { body } = await as(one, 'POST', '/api/members/query/in', {
    ids: [two.id, 999_999, one.id],
  })
  expect(body.data.map(({ memberId }: { memberId: number }) => memberId)).toEqual([two.id, one.id])
  for (const length of [1_001, 15_000]) {
    const many = await as(one, 'POST', '/api/members/query/in', {
      ids: Array.from({ length }, () => 0),
    })
    expect([many.status, many.body.code]).toEqual([400, 'MEMBER_IDS_LIMIT_EXCEEDS'])
  }
  expect((await as(one, 'POST', '/api/members/query/in', { ids: ['1'] })).body.code).toBe(
    'VALIDATION_FAILED',
  )
})

test('a member without interests is recommended the newest members, with totals; more is page two', async () => {
  const looking = await member.signUp()
  for (let n = 0; n < 12; n += 1) await member.signUp()
  const first = await as(looking, 'GET', '/api/members/follow/recommend/newbie')
  expect(first.body.data).toMatchObject({
    page: 0,
    size: 10,
    first: true,
    hasPrevious: false,
    hasNext: true,
  })
  expect(first.body.data.totalElements).toBeGreaterThan(12)
  const more = await as(looking, 'GET', '/api/members/follow/recommend/newbie/more')
  expect(more.body.data.page).toBe(1)
  expect(new Set([...idsOf(first), ...idsOf(more)]).size).toBe(
    idsOf(first).length + idsOf(more).length,
  )
  expect(idsOf(first)).not.toContain(looking.id)
})

test('authors whose posts a member reads and likes are recommended first', async () => {
  const authors: TestMember[] = []
  for (let n = 0; n < 8; n += 1) authors.push(await member.signUp())
  const looking = await member.signUp()
  const [dear, liked, alsoLiked, regretted, followed, muted, blocking, withdrawn] = authors.map(
    ({ id }) => id,
  )
  for (const [authorId, score] of [
    [dear, 9],
    [liked, 4],
    [alsoLiked, 4],
    [regretted, -3],
    [followed, 50],
    [muted, 50],
    [blocking, 50],
    [withdrawn, 50],
  ]) {
    await member.database
      .sql`insert into activity.interest (member_id, author_id, score) values (${looking.id}, ${authorId ?? 0}, ${score ?? 0})`
    await member.database
      .sql`insert into activity.interest (member_id, author_id, score) values (${at(0).id}, ${authorId ?? 0}, 99)`
  }
  await as(looking, 'POST', `/api/members/follow/${followed}`)
  await as(looking, 'POST', `/api/members/mute/${muted}`)
  await as(authors[6] as TestMember, 'POST', `/api/members/block/${looking.id}`)
  await member.database
    .sql`update member.member set withdrawn_at = now() where id = ${withdrawn ?? 0}`
  const newest = (
    await member.database.sql<
      { id: number }[]
    >`select id from member.member where withdrawn_at is null order by id desc`
  )
    .map(({ id }) => id)
    .filter((id) => ![looking.id, dear, liked, alsoLiked, followed, muted, blocking].includes(id))
  const expected = [dear, alsoLiked, liked, ...newest]

  const all = await as(looking, 'GET', '/api/members/follow/recommend/newbie?size=100')
  expect(idsOf(all)).toEqual(expected)
  expect(all.body.data.totalElements).toBe(expected.length)
  for (const size of [1, 2, 3, 4]) {
    const byCursor: number[] = []
    for (let path = `newbie?size=${size}`; ; ) {
      const answer = await as(looking, 'GET', `/api/members/follow/recommend/${path}`)
      byCursor.push(...idsOf(answer))
      if (answer.body.data.nextCursor === null) break
      path = `newbie/more?size=${size}&cursor=${answer.body.data.nextCursor}`
    }
    expect(byCursor).toEqual(expected)
    const paged: number[] = []
    for (let page = 0; paged.length < expected.length; page += 1)
      paged.push(
        ...idsOf(
          await as(
            looking,
            'GET',
            `/api/members/follow/recommend/newbie/more?size=${size}&page=${page}`,
          ),
        ),
      )
    expect(paged).toEqual(expected)
  }
})

test('a mute hides a member from recommendations, only for the member who mutes', async () => {
  const [one, noisy] = [await member.signUp(), await member.signUp()]
  expect((await as(one, 'POST', `/api/members/mute/${noisy.id}`)).body.data).toBe(true)
  expect(idsOf(await as(one, 'GET', '/api/members/mutes'))).toEqual([noisy.id])
  expect(idsOf(await as(one, 'GET', '/api/members/follow/recommend/newbie'))).not.toContain(
    noisy.id,
  )
  expect((await as(noisy, 'GET', `/api/members/${one.id}/profile`)).status).toBe(200)
  await as(one, 'DELETE', `/api/members/mute/${noisy.id}`)
  expect(idsOf(await as(one, 'GET', '/api/members/mutes'))).toEqual([])
})
