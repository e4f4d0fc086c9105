import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'
import type { Sql } from 'postgres'
import type { Ledger } from './load.ts'

export interface Verdict {
  /** Acknowledged, and not there; or without effect, and no dead letter says why. */
  lost: string[]
  /** There twice, or counted twice. */
  doubled: string[]
  /** Still on its way. */
  pending: string[]
}

/**
 * The invariants I1 to I4 of the fault matrix, over everything that was ever written here. `events`: every event that a
 * service published, of which some may stand in dead letters.
 */
export async function findViolations(sql: Sql, ledger: Ledger): Promise<Verdict> {
  const verdict: Verdict = { lost: [], doubled: [], pending: [] }
  const say = (list: string[], rows: readonly { what: string }[]) =>
    list.push(...rows.map(({ what }) => what))
  const ids = (kind: 'post' | 'comment') =>
    [...ledger.acknowledged.values()].filter((one) => one.kind === kind).map(({ id }) => id)

  say(
    verdict.lost,
    await sql`select 'acknowledged post ' || id || ' is not there' as what from unnest(${ids('post')}::bigint[]) id where not exists (select from content.post where post.id = id.id)`,
  )
  say(
    verdict.lost,
    await sql`select 'acknowledged comment ' || id || ' is not there' as what from unnest(${ids('comment')}::bigint[]) id where not exists (select from content.comment where comment.id = id.id)`,
  )
  say(
    verdict.doubled,
    await sql`select 'written twice: ' || content as what from (select content from content.post union all select content from content.comment) texts group by content having count(*) > 1`,
  )
  say(verdict.lost, await likesThatDiffer(sql, ledger))

  // I1: a row and its event are one.
  const created = await sql`
    select format('%s %s has %s events of its creation', kind, id, events) as what, events from (
      select 'post' as kind, post.id, count(outbox.event_id) as events
      from content.post left join content.outbox on outbox.activity_type = 'POST_CREATE' and outbox.post_id = post.id group by post.id
      union all
      select 'comment', comment.id, count(outbox.event_id)
      from content.comment left join content.outbox on outbox.activity_type = 'COMMENT_CREATE' and outbox.comment_id = comment.id group by comment.id
      union all
      select 'like of post', post_like.post_id, count(outbox.event_id) - post_like.version + 1
      from content.post_like left join content.outbox on outbox.activity_type in ('LIKE_POST', 'LIKE_POST_CANCEL') and outbox.post_id = post_like.post_id and outbox.member_id = post_like.member_id
      group by post_like.post_id, post_like.member_id, post_like.version
    ) of_things where events <> 1`
  for (const { what, events } of created) (events > 1 ? verdict.doubled : verdict.lost).push(what)

  // I2 and I3: of each key the newest version took effect, and no newer one than was ever written.
  const event = sql`(select * from content.outbox union all select * from member.outbox union all select * from timeline.outbox)`
  const key = sql`replace(message_key, ${MESSAGE_KEY_PREFIX}, '')`
  say(
    verdict.pending,
    await sql`
      select 'no record of ' || newest.key as what
      from (select ${key} as key, max(version) as version from ${event} event group by 1) newest left join activity.record on record.message_key = newest.key
      where (record.version is null or record.version < newest.version)
        and not exists (select from activity.dead_letter join ${event} dead using (event_id) where step = 'record' and replace(dead.message_key, ${MESSAGE_KEY_PREFIX}, '') = newest.key)`,
  )
  say(
    verdict.doubled,
    await sql`
      select 'a record newer than what was written: ' || record.message_key as what
      from (select ${key} as key, max(version) as version from ${event} event group by 1) newest join activity.record on record.message_key = newest.key
      where record.version > newest.version`,
  )
  for (const { what, wants, has } of await countsThatDiffer(sql))
    (has > wants ? verdict.doubled : verdict.pending).push(
      `${what}: ${has} counted, ${wants} happened`,
    )
  say(
    verdict.pending,
    await sql`
      select format('post %s is not indexed at version %s', post.id, post.version) as what from content.post left join search.post_index on post_index.post_id = post.id
      where post.deleted_at is null and post_index.version is distinct from post.version`,
  )
  say(
    verdict.pending,
    await sql`select format('%s events wait in %s for %s', count(*), service, destination) as what from (
      select 'content' as service, destination from content.outbox_pending where status = 'PENDING'
      union all select 'member', destination from member.outbox_pending where status = 'PENDING'
      union all select 'timeline', destination from timeline.outbox_pending where status = 'PENDING') waiting group by service, destination`,
  )
  return verdict
}

async function likesThatDiffer(sql: Sql, ledger: Ledger): Promise<{ what: string }[]> {
  const told = [...ledger.likes].filter(([, liked]) => liked !== undefined)
  const [posts, members] = [0, 1].map((part) => told.map(([key]) => Number(key.split(' ')[part])))
  return sql`
    select format('like of post %s by member %s is %s, told was %s', told.post_id, told.member_id, coalesce(post_like.liked, false), told.liked) as what
    from unnest(${posts as number[]}::bigint[], ${members as number[]}::bigint[], ${told.map(([, liked]) => (liked === true ? 1 : 0))}::int[]) as told (post_id, member_id, liked)
    left join content.post_like using (post_id, member_id)
    where coalesce(post_like.liked, false)::int <> told.liked`
}

/** I4: sums, which show what was counted twice or not at all. */
const countsThatDiffer = (sql: Sql) => sql<{ what: string; wants: number; has: number }[]>`
  select 'views of post ' || post_id as what, count(*) as wants, coalesce(max(view_count), 0) as has
  from timeline.outbox left join content.post_counter using (post_id) where activity_type = 'POST_READ'
  group by post_id having count(*) <> coalesce(max(view_count), 0)
  union all
  select 'likes of post ' || post_id, count(*) filter (where liked), max(like_count)
  from content.post_like join content.post_counter using (post_id) group by post_id having count(*) filter (where liked) <> max(like_count)
  union all
  select 'comments of post ' || post_id, count(*), max(comment_count)
  from content.comment join content.post_counter using (post_id) where deleted_at is null group by post_id having count(*) <> max(comment_count)
  union all
  select format('interest of %s in %s', member_id, author_id), coalesce(wants, 0), coalesce(score, 0)
  from (
    select event.member_id, post.author_id, sum(case activity_type when 'POST_READ' then 1 when 'LIKE_POST' then 3 when 'LIKE_POST_CANCEL' then -3 when 'COMMENT_CREATE' then 5 end) as wants
    from (select * from content.outbox union all select * from timeline.outbox) event join content.post on post.id = event.post_id
    where activity_type in ('POST_READ', 'LIKE_POST', 'LIKE_POST_CANCEL', 'COMMENT_CREATE') and event.member_id <> post.author_id
    group by event.member_id, post.author_id
  ) acts full join activity.interest using (member_id, author_id)
  where coalesce(wants, 0) <> coalesce(score, 0)
  union all
  select format('like of post %s by %s is told', subject_id, actor_id), (liked)::int, (active)::int
  from activity.notification_actor join content.post_like on post_id = subject_id and member_id = actor_id where type = 'LIKE_POST' and active <> liked`
