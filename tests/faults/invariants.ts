import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'
import type { Sql } from 'postgres'
import type { Ledger } from './load.ts'

export interface Violations {
  /** Acknowledged but not stored, or without effect and without a dead letter. */
  lost: string[]
  /** Stored twice, or counted twice. */
  doubled: string[]
  /** Not yet in effect. */
  pending: string[]
}

interface Violation {
  text: string
}

/**
 * Compares everything that was ever written with the ledger of the load. Four invariants hold once
 * all events have taken effect:
 *
 * 1. every acknowledged write is stored once, and every stored row has exactly one event,
 * 2. the newest version of each message key has taken effect, or is a dead letter,
 * 3. no record is newer than the events that were written,
 * 4. counters equal the rows that they count.
 */
export async function findViolations(sql: Sql, ledger: Ledger): Promise<Violations> {
  const counters = await countersThatDiffer(sql)
  const events = await creationsWithoutOneEvent(sql)
  const textOf = ({ text }: Violation) => text
  return {
    lost: [
      ...(await missingWrites(sql, ledger)),
      ...(await likesThatDiffer(sql, ledger)),
      ...events.filter(({ actual }) => actual < 1),
    ].map(textOf),
    doubled: [
      ...(await repeatedTexts(sql)),
      ...events.filter(({ actual }) => actual > 1),
      ...(await recordsFromTheFuture(sql)),
      ...counters.filter(({ actual, expected }) => actual > expected),
    ].map(textOf),
    pending: [
      ...(await missingRecords(sql)),
      ...counters.filter(({ actual, expected }) => actual < expected),
      ...(await postsWithoutIndex(sql)),
      ...(await pendingEvents(sql)),
    ].map(textOf),
  }
}

/** Invariant 1. */
async function missingWrites(sql: Sql, { acknowledged }: Ledger): Promise<Violation[]> {
  const idsOf = (kind: 'post' | 'comment') =>
    [...acknowledged.values()].filter((write) => write.kind === kind).map(({ id }) => id)
  return sql<Violation[]>`
    select 'acknowledged post ' || id || ' is not stored' as text
    from unnest(${idsOf('post')}::bigint[]) as acknowledged (id)
    where not exists (select from content.post where post.id = acknowledged.id)
    union all
    select 'acknowledged comment ' || id || ' is not stored'
    from unnest(${idsOf('comment')}::bigint[]) as acknowledged (id)
    where not exists (select from content.comment where comment.id = acknowledged.id)`
}

/** Invariant 1. */
const repeatedTexts = (sql: Sql) => sql<Violation[]>`
  select 'stored twice: ' || content as text
  from (select content from content.post union all select content from content.comment) as texts
  group by content having count(*) > 1`

/** Invariant 1. */
const creationsWithoutOneEvent = (sql: Sql) => sql<(Violation & { actual: number })[]>`
  select format('%s %s has %s creation events', kind, id, actual) as text, actual
  from (
    select 'post' as kind, post.id, count(outbox.event_id) as actual
    from content.post
    left join content.outbox
      on outbox.activity_type = 'POST_CREATE' and outbox.post_id = post.id
    group by post.id
    union all
    select 'comment', comment.id, count(outbox.event_id)
    from content.comment
    left join content.outbox
      on outbox.activity_type = 'COMMENT_CREATE' and outbox.comment_id = comment.id
    group by comment.id
    union all
    select 'like of post', post_like.post_id, count(outbox.event_id) - post_like.version + 1
    from content.post_like
    left join content.outbox
      on outbox.activity_type in ('LIKE_POST', 'LIKE_POST_CANCEL')
      and outbox.post_id = post_like.post_id and outbox.member_id = post_like.member_id
    group by post_like.post_id, post_like.member_id, post_like.version
  ) as creations
  where actual <> 1`

/** Invariant 1. */
async function likesThatDiffer(sql: Sql, { likes }: Ledger): Promise<Violation[]> {
  const known = [...likes].filter(([, liked]) => liked !== undefined)
  const [posts = [], members = []] = [0, 1].map((part) =>
    known.map(([key]) => Number(key.split(' ')[part])),
  )
  const states = known.map(([, liked]) => (liked === true ? 1 : 0))
  return sql<Violation[]>`
    select format(
      'the like of post %s by member %s is %s, acknowledged was %s',
      post_id, member_id, coalesce(post_like.liked, false), acknowledged.liked) as text
    from unnest(${posts}::bigint[], ${members}::bigint[], ${states}::int[])
      as acknowledged (post_id, member_id, liked)
    left join content.post_like using (post_id, member_id)
    where coalesce(post_like.liked, false)::int <> acknowledged.liked`
}

/** The newest version of every message key that was published. */
const newestVersions = (sql: Sql) => sql`
  select replace(message_key, ${MESSAGE_KEY_PREFIX}, '') as key, max(version) as version
  from (
    select message_key, version from content.outbox
    union all select message_key, version from member.outbox
    union all select message_key, version from timeline.outbox) as events
  group by 1`

/** Invariant 2. */
const missingRecords = (sql: Sql) => sql<Violation[]>`
  select 'no record of ' || newest.key as text
  from (${newestVersions(sql)}) as newest
  left join activity.record on record.message_key = newest.key
  where (record.version is null or record.version < newest.version)
    and newest.key not in (
      select replace(message_key, ${MESSAGE_KEY_PREFIX}, '')
      from activity.dead_letter
      join (
        select event_id, message_key from content.outbox
        union all select event_id, message_key from member.outbox
        union all select event_id, message_key from timeline.outbox) as events using (event_id)
      where step = 'record')`

/** Invariant 3. */
const recordsFromTheFuture = (sql: Sql) => sql<Violation[]>`
  select 'a record is newer than its events: ' || record.message_key as text
  from (${newestVersions(sql)}) as newest
  join activity.record on record.message_key = newest.key
  where record.version > newest.version`

const postsWithoutIndex = (sql: Sql) => sql<Violation[]>`
  select format('post %s is not indexed at version %s', post.id, post.version) as text
  from content.post left join search.post_index on post_index.post_id = post.id
  where post.deleted_at is null and post_index.version is distinct from post.version`

const pendingEvents = (sql: Sql) => sql<Violation[]>`
  select format('%s events of %s are pending for %s', count(*), service, destination) as text
  from (
    select 'content' as service, destination from content.outbox_pending where status = 'PENDING'
    union all
    select 'member', destination from member.outbox_pending where status = 'PENDING'
    union all
    select 'timeline', destination from timeline.outbox_pending where status = 'PENDING'
  ) as pending
  group by service, destination`

/** Invariant 4: sums, which show what was counted twice or not at all. */
const countersThatDiffer = (sql: Sql) => sql<(Violation & { expected: number; actual: number })[]>`
  select format('%s: counted %s, expected %s', subject, actual, expected) as text, expected, actual
  from (
    select 'views of post ' || post_id as subject, count(*) as expected,
           coalesce(max(view_count), 0) as actual
    from timeline.outbox left join content.post_counter using (post_id)
    where activity_type = 'POST_READ' group by post_id
    union all
    select 'likes of post ' || post_id, count(*) filter (where liked), max(like_count)
    from content.post_like join content.post_counter using (post_id) group by post_id
    union all
    select 'comments of post ' || post_id, count(*), max(comment_count)
    from content.comment join content.post_counter using (post_id)
    where deleted_at is null group by post_id
    union all
    select format('interest of %s in %s', member_id, author_id),
           coalesce(expected, 0), coalesce(score, 0)
    from (${interestByEvents(sql)}) as events
    full join activity.interest using (member_id, author_id)
    union all
    select format('notified like of post %s by %s', subject_id, actor_id),
           liked::int, active::int
    from activity.notification_actor
    join content.post_like on post_id = subject_id and member_id = actor_id
    where type = 'LIKE_POST'
  ) as counters
  where actual <> expected`

/** The scores that the events of a member should add up to. */
const interestByEvents = (sql: Sql) => sql`
  select event.member_id, post.author_id, sum(
    case activity_type
      when 'POST_READ' then 1 when 'LIKE_POST' then 3
      when 'LIKE_POST_CANCEL' then -3 when 'COMMENT_CREATE' then 5
    end) as expected
  from (
    select activity_type, member_id, post_id from content.outbox
    union all
    select activity_type, member_id, post_id from timeline.outbox) as event
  join content.post on post.id = event.post_id
  where activity_type in ('POST_READ', 'LIKE_POST', 'LIKE_POST_CANCEL', 'COMMENT_CREATE')
    and event.member_id <> post.author_id
  group by event.member_id, post.author_id`
