import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createDoor, type Socket } from 'node:net'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { insertMember } from '@dailyfeed/tests/members'
import { startKeySetServer } from '@dailyfeed/tests/key-set-server'
import { testTokens } from '@dailyfeed/tests/tokens'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTimelineConfigOrThrow } from '../config.ts'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { insertComment, insertPost } from '../content-rows-fixture.ts'
import { startTimelineService } from '../timeline-service.ts'
import { createViewBuffer } from './view-buffer.ts'
import { deleteOldViews } from './view.queries.ts'

let timeline: TimelineFixture
let reader: number
let author: number

beforeAll(async () => {
  timeline = await timelineFixture()
  reader = await insertMember(timeline.sql, 'reader')
  author = await insertMember(timeline.sql, 'author')
})
afterAll(() => timeline.close())

const eventsOf = (postId: number) => timeline.sql`
  select activity_type, member_id, comment_id, message_key, version, array(select destination from timeline.outbox_pending p where p.event_id = outbox.event_id order by 1) as destinations
  from timeline.outbox where post_id = ${postId} order by version`

test('a view of a post writes one POST_READ for activity and content, and the author’s own view none', async () => {
  const post = await insertPost(timeline.sql, author)
  await timeline.ask(reader, `/api/timeline/posts/${post}`)
  await timeline.ask(author, `/api/timeline/posts/${post}`)
  await timeline.views.flush()
  const events = await eventsOf(post)
  expect(events).toMatchObject([
    {
      activity_type: 'POST_READ',
      member_id: reader,
      comment_id: null,
      destinations: ['activity', 'content'],
    },
  ])
  expect(events[0]?.['message_key']).toMatch(
    new RegExp(
      `^member_activity:kafka_event:POST_READ###${post}###${reader}###\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{9}$`,
    ),
  )
})

test('a member’s views of one post within 30 minutes count once, at all processes together', async () => {
  const [post, other] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, author),
  ]
  const second = await timeline.another()
  try {
    for (let n = 0; n < 5; n += 1)
      for (const { ask } of [timeline, second]) await ask(reader, `/api/timeline/posts/${post}`)
    await Promise.all([timeline.views.flush(), second.views.flush()])
    expect(await eventsOf(post)).toHaveLength(1)
    const friend = await insertMember(timeline.sql, 'friend')
    await second.ask(friend, `/api/timeline/posts/${post}`)
    await second.ask(reader, `/api/timeline/posts/${other}`)
    await second.views.flush()
    expect((await eventsOf(post)).map((event) => event['member_id'])).toEqual([reader, friend])
    expect(await eventsOf(other)).toHaveLength(1)
  } finally {
    await second.close()
  }
})

test('after 30 minutes a view of the same post counts again', async () => {
  const post = await insertPost(timeline.sql, author)
  await timeline.ask(reader, `/api/timeline/posts/${post}`)
  await timeline.views.flush()
  const restarted = async () => {
    const other = await timeline.another()
    await other.ask(reader, `/api/timeline/posts/${post}`)
    await other.views.flush()
    await other.close()
  }
  const age = (minutes: number) => timeline.sql`
    update timeline.recent_view set counted_at = now() - ${minutes} * interval '1 minute'
    where post_id = ${post}`
  await age(29)
  await restarted()
  expect(await eventsOf(post)).toHaveLength(1)
  await age(31)
  await restarted()
  expect(await eventsOf(post)).toHaveLength(2)
  await deleteOldViews(timeline.sql, 1_800)
  await restarted()
  expect(await eventsOf(post)).toHaveLength(2)
  await age(31)
  await deleteOldViews(timeline.sql, 1_800)
  expect(await timeline.sql`select from timeline.recent_view where post_id = ${post}`).toHaveLength(
    0,
  )
})

test('a stored time of a wrong clock does not keep views from being counted', async () => {
  const post = await insertPost(timeline.sql, author)
  await timeline.sql`
    insert into timeline.recent_view (member_id, post_id, comment_id, counted_at)
    values (${reader}, ${post}, 0, now() + interval '1 day')`
  await timeline.ask(reader, `/api/timeline/posts/${post}`)
  await timeline.views.flush()
  expect(await eventsOf(post)).toHaveLength(1)
})

test('a view of another member’s comment writes one COMMENT_READ for activity, and of one’s own none', async () => {
  const post = await insertPost(timeline.sql, author)
  const comment = await insertComment(timeline.sql, post, author)
  await timeline.ask(reader, `/api/timeline/comments/${comment}`)
  await timeline.ask(author, `/api/timeline/comments/${comment}`)
  await timeline.views.flush()
  expect(await eventsOf(post)).toMatchObject([
    {
      activity_type: 'COMMENT_READ',
      member_id: reader,
      comment_id: comment,
      destinations: ['activity'],
    },
  ])
})

test('lists and refused requests count no view', async () => {
  const post = await insertPost(timeline.sql, author, { deleted: true })
  await timeline.ask(reader, `/api/timeline/posts/${post}`)
  const listed = await insertPost(timeline.sql, author)
  await timeline.ask(reader, `/api/timeline/posts/authors/${author}`)
  await timeline.views.flush()
  expect([...(await eventsOf(post)), ...(await eventsOf(listed))]).toEqual([])
})

test('views are written within about a second without a flush', async () => {
  const post = await insertPost(timeline.sql, author)
  await timeline.ask(reader, `/api/timeline/posts/${post}`)
  await expect.poll(() => eventsOf(post), { timeout: 10_000 }).toHaveLength(1)
})

let viewers = 1_000_000
/** Each view is that of another member. */
const aView = (postId: number) => ({
  memberId: ++viewers,
  postId,
  createdAt: new Date(),
  updatedAt: new Date(),
  traceparent: '00-1-2-01',
})

test('a full buffer drops views and recovers; closing writes the rest', async () => {
  const sql = openPool({ url: timeline.database.urlOf('timeline'), max: 1, name: 'view-test' })
  const warnings: unknown[] = []
  const views = createViewBuffer({
    sql,
    newEventOf: createNewEventOf('Asia/Seoul'),
    onWritten() {},
    log: { warn: (...line: unknown[]) => void warnings.push(line), error() {} },
    capacity: 3,
  })
  const post = await insertPost(timeline.sql, author)
  for (let n = 0; n < 10; n += 1) views.add('POST_READ', aView(post))
  await views.flush()
  expect(await eventsOf(post)).toHaveLength(3)
  expect(warnings).toMatchObject([[{ shed: 7 }, expect.any(String)]])
  views.add('POST_READ', aView(post))
  await views.close()
  expect(await eventsOf(post)).toHaveLength(4)
  await sql.end()
})

test('a view that PostgreSQL refuses is lost alone; the others are written', async () => {
  const sql = openPool({ url: timeline.database.urlOf('timeline'), max: 1, name: 'view-test' })
  await timeline.sql.unsafe(`
    create function public.refuse() returns trigger language plpgsql as
      'begin if new.member_id = 666 then raise exception ''refused''; end if; return new; end';
    create trigger refuse before insert on timeline.outbox for each row execute function public.refuse()`)
  const errors: unknown[] = []
  const views = createViewBuffer({
    sql,
    newEventOf: createNewEventOf('Asia/Seoul'),
    onWritten() {},
    log: { warn() {}, error: (...line: unknown[]) => void errors.push(line[0]) },
  })
  const post = await insertPost(timeline.sql, author)
  for (let n = 0; n < 20; n += 1)
    views.add('POST_READ', { ...aView(post), memberId: n === 11 ? 666 : 10_000 + n })
  await views.close()
  await timeline.sql.unsafe('drop function public.refuse() cascade')
  expect(await eventsOf(post)).toHaveLength(19)
  expect(errors).toEqual([{ err: expect.any(Error), lost: 1 }])
  await sql.end()
})

test('views wait for an unavailable database, up to the buffer’s size, and are written afterwards', async () => {
  const target = new URL(timeline.database.urlOf('timeline'))
  const door = createDoor((socket) => {
    const onward = connect(Number(target.port), target.hostname)
    for (const one of [socket, onward]) one.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { port } = door.address() as AddressInfo
  await new Promise((resolve) => door.close(resolve))
  const through = new URL(target)
  through.host = `127.0.0.1:${port}`
  const sql = openPool({ url: through.href, max: 1, name: 'view-test' })
  const views = createViewBuffer({
    sql,
    newEventOf: createNewEventOf('Asia/Seoul'),
    onWritten() {},
    log: { warn() {}, error() {} },
    capacity: 3,
  })
  const post = await insertPost(timeline.sql, author)
  views.add('POST_READ', aView(post))
  await views.flush()
  for (let n = 0; n < 5; n += 1) views.add('POST_READ', aView(post))
  await views.flush()
  expect(await eventsOf(post)).toEqual([])
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve))
  await views.flush()
  expect(await eventsOf(post)).toHaveLength(3)
  await views.close()
  await sql.end({ timeout: 1 })
  door.close()
})

test('views whose connection is lost between commit and response are not counted twice', async () => {
  const target = new URL(timeline.database.urlOf('timeline'))
  let dropsCommits = false
  let dropsResponses = false
  const open = new Set<Socket>()
  const door = createDoor((socket) => {
    const onward = connect(Number(target.port), target.hostname)
    open.add(socket)
    for (const one of [socket, onward]) one.on('error', () => {})
    socket.on('close', () => onward.destroy())
    socket.on('data', (chunk) => {
      dropsResponses ||= dropsCommits && /commit/i.test(chunk.toString('latin1'))
      onward.write(chunk)
    })
    onward.on('data', (chunk) => dropsResponses || socket.write(chunk))
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const through = new URL(target)
  through.host = `127.0.0.1:${(door.address() as AddressInfo).port}`
  const sql = openPool({ url: through.href, max: 1, name: 'view-test' })
  const views = createViewBuffer({
    sql,
    newEventOf: createNewEventOf('Asia/Seoul'),
    onWritten() {},
    log: { warn() {}, error() {} },
  })
  const [warm, post] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, author),
  ]
  // The connection is open, and has prepared its statements, after this.
  views.add('POST_READ', aView(warm))
  await views.flush()
  for (let n = 0; n < 3; n += 1) views.add('POST_READ', aView(post))
  dropsCommits = true
  const flushing = views.flush()
  await expect.poll(() => eventsOf(post)).toHaveLength(3)
  dropsCommits = false
  dropsResponses = false
  for (const socket of open) socket.destroy()
  await flushing
  views.add('POST_READ', aView(post))
  await expect
    .poll(async () => {
      await views.flush()
      return (await eventsOf(post)).length
    })
    .toBeGreaterThan(3)
  expect(await eventsOf(post)).toHaveLength(4)
  await views.close()
  await sql.end({ timeout: 1 })
  door.close()
})

test('the service starts alone, relays views to activity and content over HTTP, and stops clean', {
  timeout: 30_000,
}, async () => {
  const received: { path: string | undefined; service: string; types: string[] }[] = []
  const listenerOf = async (service: string) => {
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        received.push({
          path: request.url,
          service,
          types: JSON.parse(text).events.map(
            ({ memberActivityType }: { memberActivityType: string }) => memberActivityType,
          ),
        })
        response
          .setHeader('content-type', 'application/json')
          .end('{"status":200,"result":"SUCCESS","data":{}}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  const { revocations } = await testTokens()
  const keySet = await startKeySetServer()
  const [activity, content] = [await listenerOf('activity'), await listenerOf('content')]
  await timeline.sql`delete from timeline.outbox_pending`
  const config = readTimelineConfigOrThrow({
    DATABASE_URL: timeline.database.urlOf('timeline'),
    LOG_LEVEL: 'silent',
    INTERNAL_TOKEN: 'the-token-of-timeline-svc-in-tests-only',
    INTERNAL_CALLERS: `batch:${'0'.repeat(64)}`,
    CURSOR_KEY: 'a cursor key that only tests know, of 32 characters',
    ACTIVITY_URL: activity.url,
    CONTENT_URL: content.url,
    JWKS_URL: keySet.url,
  })
  const service = await startTimelineService({ ...config, PORT: 0 }, { revocations })
  try {
    await service.untilReady()
    expect((await fetch(`${service.url}/healthz/ready`)).status).toBe(200)
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Record<string, unknown>
    }
    expect(Object.keys(document.paths)).toContain('/api/timeline/posts/followings')
    const post = await insertPost(timeline.sql, author)
    await timeline.ask(reader, `/api/timeline/posts/${post}`)
    await timeline.views.flush()
    await expect.poll(() => received, { timeout: 10_000 }).toHaveLength(2)
  } finally {
    await service.close()
    await keySet.stop()
    activity.server.close()
    content.server.close()
  }
  expect(received.toSorted((a, b) => a.service.localeCompare(b.service))).toEqual([
    { path: '/internal/member-activity-events', service: 'activity', types: ['POST_READ'] },
    { path: '/internal/member-activity-events', service: 'content', types: ['POST_READ'] },
  ])
  expect(await timeline.sql`select count(*)::int as pending from timeline.outbox_pending`).toEqual([
    { pending: 0 },
  ])
})
