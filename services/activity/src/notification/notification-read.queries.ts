import type { NotificationType } from '@dailyfeed/contract/notification'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { isNamedInNotifications } from '@dailyfeed/visibility/visibility.queries'

export interface ActorRow {
  member_id: number
  member_name: string
  handle: string
  display_name: string
  avatar_url: string | null
  /** Null where the member does not show it to everybody. */
  public_bio: string | null
  verification_status: string
  updated_at: string
}

export interface NotificationRow {
  id: number
  number: number
  type: NotificationType
  post_id: number | null
  comment_id: number | null
  actors: ActorRow[]
  actor_count: number
  read: boolean
  created_at: Date
  updated_at: Date
}

/** Whether the post and comment are live, and the recipient may see the post. */
const isContentVisible = (sql: Queryable, recipientId: number) => sql`
  (notification.post_id is null or exists (
    select from content.post
    where post.id = notification.post_id and post.deleted_at is null and (
      post.author_id = ${recipientId} or member.may_see(${recipientId}, post.author_id)
    )
  ))
  and (notification.comment_id is null or exists (
    select from content.comment
    where comment.id = notification.comment_id and comment.deleted_at is null
  ))`

const columns = (sql: Queryable) => sql`
  notification.id, notification.number, notification.type, notification.post_id,
  notification.comment_id, notification.read_at is not null as read,
  notification.created_at, notification.updated_at, shown.actors, shown.actor_count`

/** Acts that are counted of one group, the newest: a post that everybody likes would cost its author every page. */
const MAX_COUNTED_ACTS = 1_000
/** Unread notifications that are counted: a badge shows no more. */
const MAX_COUNTED_UNREAD = 1_000

/** The number of distinct actors among the newest 1,000 acts, and the newest three of them in full. */
const shownActors = (sql: Queryable, recipientId: number) => {
  const profile = sql`
    profile.member_id, profile.member_name, profile.handle, profile.display_name,
    profile.avatar_url, profile.public_bio, profile.verification_status, profile.updated_at`
  return sql`
    cross join lateral (
      select count(*) as actor_count,
             coalesce(
               jsonb_agg(to_jsonb(one) - 'rank' order by one.rank) filter (where one.rank <= 3),
               '[]'
             ) as actors
      from (
        select ${profile},
               row_number() over (order by max(actor.acted_at) desc, profile.member_id desc) as rank
        from (
          select actor_id, acted_at from activity.notification_actor
          where notification_id = notification.id and active
          order by number desc limit ${MAX_COUNTED_ACTS}
        ) as actor
        join member.public_profile profile on profile.member_id = actor.actor_id
        where ${isNamedInNotifications(sql, recipientId)}
        group by ${profile}
      ) as one
    ) as shown`
}

interface Range {
  /**
   * Numbers above this one are ignored, so that all pages show the groups as they were when the
   * pagination began.
   */
  asOf: number
  /** The position of the last group seen. */
  afterPosition: number | undefined
  offset: number
  limit: number
}

export interface PositionedNotificationRow extends NotificationRow {
  /** The number that the group had as of the beginning of the pagination. */
  position: number
}

/** The most recently changed group first. */
export async function findNotifications(
  sql: Queryable,
  recipientId: number,
  { asOf, afterPosition, offset, limit }: Range,
): Promise<PositionedNotificationRow[]> {
  const isAfter =
    afterPosition === undefined ? sql`` : sql`and positioned.position < ${afterPosition}`
  return sql<PositionedNotificationRow[]>`
    select ${columns(sql)}, positioned.position
    from (
      select id, number as position from activity.notification
      where recipient_id = ${recipientId} and number <= ${asOf}
      union all
      select notification.id, earlier.position
      from activity.notification
      cross join lateral (
        select max(actor.number) as position from activity.notification_actor actor
        where actor.notification_id = notification.id and actor.number <= ${asOf}
      ) as earlier
      where notification.recipient_id = ${recipientId} and notification.number > ${asOf}
        and earlier.position is not null
      order by position desc
    ) as positioned
    join activity.notification on notification.id = positioned.id
    ${shownActors(sql, recipientId)}
    where shown.actor_count > 0 and ${isContentVisible(sql, recipientId)} ${isAfter}
    order by positioned.position desc offset ${offset} limit ${limit}`
}

/** The groups that changed after one number, up to and including another, in ascending order. */
export async function findNotificationsBetween(
  sql: Queryable,
  recipientId: number,
  after: number,
  upTo: number,
  limit: number,
): Promise<NotificationRow[]> {
  return sql<NotificationRow[]>`
    select ${columns(sql)} from activity.notification ${shownActors(sql, recipientId)}
    where notification.recipient_id = ${recipientId}
      and notification.number > ${after} and notification.number <= ${upTo}
      and shown.actor_count > 0 and ${isContentVisible(sql, recipientId)}
    order by notification.number limit ${limit}`
}

/** Counts up to 1,000. */
export async function countUnread(sql: Queryable, recipientId: number): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*) as count from (
      select from activity.notification
      where notification.recipient_id = ${recipientId} and notification.read_at is null
        and ${isContentVisible(sql, recipientId)}
        and exists (
          select from activity.notification_actor actor
          join member.public_profile profile on profile.member_id = actor.actor_id
          where actor.notification_id = notification.id and actor.active
            and ${isNamedInNotifications(sql, recipientId)}
        )
      limit ${MAX_COUNTED_UNREAD}
    ) as unread`
  return row.count
}

/** Without ids, marks all. Ids of other members' notifications have no effect. */
export async function markRead(
  sql: Queryable,
  recipientId: number,
  ids: readonly number[] | undefined,
): Promise<void> {
  const hasId = ids === undefined ? sql`` : sql`and id = any (${anyOf(ids)}::bigint[])`
  await sql`
    update activity.notification set read_at = now()
    where recipient_id = ${recipientId} and read_at is null ${hasId}`
}

/** The newest number of a recipient; 0 where there is none. */
export async function findNewestNumber(sql: Queryable, recipientId: number): Promise<number> {
  const [row] = await sql<[{ number: number }]>`
    select coalesce(max(number), 0) as number
    from activity.notification where recipient_id = ${recipientId}`
  return row.number
}

/**
 * The newest number of each recipient, by recipient id. Only numbers above `numbers` are returned.
 */
export async function findNewestNumbers(
  sql: Queryable,
  numbers: ReadonlyMap<number, number>,
): Promise<Map<number, number>> {
  const rows = await sql<{ recipient_id: number; number: number }[]>`
    select seen.recipient_id, newest.number
    from unnest(
      ${[...numbers.keys()]}::bigint[], ${[...numbers.values()]}::bigint[]
    ) as seen (recipient_id, number)
    cross join lateral (
      select notification.number from activity.notification
      where notification.recipient_id = seen.recipient_id and notification.number > seen.number
      order by notification.number desc limit 1
    ) as newest`
  return new Map(rows.map(({ recipient_id, number }) => [recipient_id, number]))
}
