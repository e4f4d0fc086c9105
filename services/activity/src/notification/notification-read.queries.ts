import type { NotificationType } from '@dailyfeed/contract/notification'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { isNamedInNotifications } from '@dailyfeed/visibility/visibility.queries'

export interface ActorRow {
  member_id: number
  member_name: string
  handle: string
  display_name: string
  avatar_url: string | null
  /** Of members who show it to everybody. */
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

const isShown = isNamedInNotifications

/** A notification of a thing that is gone, or that the recipient may no longer see, goes with it. */
const isOfLivingThing = (sql: Queryable, recipientId: number) => sql`
  (notification.post_id is null or exists (
    select from content.post where post.id = notification.post_id and post.deleted_at is null
      and (post.author_id = ${recipientId} or member.may_see(${recipientId}, post.author_id))))
  and (notification.comment_id is null or exists (select from content.comment where comment.id = notification.comment_id and comment.deleted_at is null))`

const columns = (sql: Queryable) => sql`
  notification.id, notification.number, notification.type, notification.post_id, notification.comment_id, notification.read_at is not null as read,
  notification.created_at, notification.updated_at, shown.actors, shown.actor_count`

/** Each actor once, however much they did; the newest three by name. */
const shownActors = (sql: Queryable, recipientId: number) => sql`
  cross join lateral (
    select count(*) as actor_count,
           coalesce(jsonb_agg(to_jsonb(one) - 'place' order by one.place) filter (where one.place <= 3), '[]') as actors
    from (
      select profile.member_id, profile.member_name, profile.handle, profile.display_name, profile.avatar_url, profile.public_bio, profile.verification_status, profile.updated_at,
             row_number() over (order by max(actor.acted_at) desc, profile.member_id desc) as place
      from activity.notification_actor actor join member.public_profile profile on profile.member_id = actor.actor_id
      where actor.notification_id = notification.id and actor.active and ${isShown(sql, recipientId)}
      group by profile.member_id, profile.member_name, profile.handle, profile.display_name, profile.avatar_url, profile.public_bio, profile.verification_status, profile.updated_at
    ) as one
  ) as shown`

interface Stretch {
  /** What happened behind this number is left out, so that a walk sees each group where it stood when the walk began. */
  asOf: number
  afterPlace: number | undefined
  offset: number
  limit: number
}

export interface PlacedNotificationRow extends NotificationRow {
  /** The group's number at that time. */
  place: number
}

/** The group to which something was added last comes first. */
export async function findNotifications(
  sql: Queryable,
  recipientId: number,
  { asOf, afterPlace, offset, limit }: Stretch,
): Promise<PlacedNotificationRow[]> {
  const behind = afterPlace === undefined ? sql`` : sql`and place < ${afterPlace}`
  return sql<PlacedNotificationRow[]>`
    select ${columns(sql)}, placed.place
    from (
      select id, number as place from activity.notification where recipient_id = ${recipientId} and number <= ${asOf}
      union all
      select notification.id, earlier.place
      from activity.notification cross join lateral (
        select max(actor.number) as place from activity.notification_actor actor where actor.notification_id = notification.id and actor.number <= ${asOf}
      ) as earlier
      where notification.recipient_id = ${recipientId} and notification.number > ${asOf} and earlier.place is not null
      order by place desc
    ) as placed
    join activity.notification on notification.id = placed.id
    ${shownActors(sql, recipientId)}
    where shown.actor_count > 0 and ${isOfLivingThing(sql, recipientId)} ${behind}
    order by placed.place desc offset ${offset} limit ${limit}`
}

/** What has changed behind one number, up to another, in that order. */
export async function findNotificationsBetween(
  sql: Queryable,
  recipientId: number,
  after: number,
  upTo: number,
  limit: number,
): Promise<NotificationRow[]> {
  return sql<NotificationRow[]>`
    select ${columns(sql)} from activity.notification ${shownActors(sql, recipientId)}
    where notification.recipient_id = ${recipientId} and notification.number > ${after} and notification.number <= ${upTo}
      and shown.actor_count > 0 and ${isOfLivingThing(sql, recipientId)}
    order by notification.number limit ${limit}`
}

export async function countUnread(sql: Queryable, recipientId: number): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*) as count from activity.notification
    where notification.recipient_id = ${recipientId} and notification.read_at is null and ${isOfLivingThing(sql, recipientId)}
      and exists (
        select from activity.notification_actor actor join member.public_profile profile on profile.member_id = actor.actor_id
        where actor.notification_id = notification.id and actor.active and ${isShown(sql, recipientId)})`
  return row.count
}

/** Ids of others' notifications change nothing. */
export async function markRead(
  sql: Queryable,
  recipientId: number,
  ids: readonly number[] | undefined,
): Promise<void> {
  await sql`
    update activity.notification set read_at = now()
    where recipient_id = ${recipientId} and read_at is null ${ids === undefined ? sql`` : sql`and id = any (${ids as number[]}::bigint[])`}`
}

/** The newest number of a recipient; 0 where there is none. */
export async function findNewestNumber(sql: Queryable, recipientId: number): Promise<number> {
  const [row] = await sql<
    [{ number: number }]
  >`select coalesce(max(number), 0) as number from activity.notification where recipient_id = ${recipientId}`
  return row.number
}

/** Of many recipients at once: those with something behind the number where each of them stands. */
export async function findNewestNumbers(
  sql: Queryable,
  positions: ReadonlyMap<number, number>,
): Promise<{ recipient_id: number; number: number }[]> {
  return sql<{ recipient_id: number; number: number }[]>`
    select position.recipient_id, newest.number
    from unnest(${[...positions.keys()]}::bigint[], ${[...positions.values()]}::bigint[]) as position (recipient_id, number)
    cross join lateral (
      select notification.number from activity.notification
      where notification.recipient_id = position.recipient_id and notification.number > position.number order by notification.number desc limit 1
    ) as newest`
}
