import type { NotificationType } from '@dailyfeed/contract/notification'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { JSONValue } from 'postgres'

/** As an event tells it. */
export interface ToldAct {
  act: 'LIKE_POST' | 'LIKE_COMMENT' | 'COMMENT' | 'MEMBER_FOLLOW'
  active: boolean
  event_id: string
  actor_id: number
  post_id: number | null
  comment_id: number | null
  target_id: number | null
  version: number
  acted_at: string
}

/** The same, with whom it concerns and which thing it is grouped by. */
export interface ResolvedAct {
  event_id: string
  type: NotificationType
  actor_id: number
  subject_id: number
  recipient_id: number
  post_id: number | null
  comment_id: number | null
  version: number
  active: boolean
  acted_at: Date
}

/**
 * One batch at a time gives numbers, so that they are seen in the order in which they were given: a stream that has
 * passed a number never misses a lower one. It also keeps two batches from waiting for each other.
 */
export async function holdOrderOfCommits(sql: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('activity.notification', 0))`
}

/** Nobody is told of their own acts; a reply concerns its parent's author, and the post's author where that is another. */
export async function resolveActs(sql: Queryable, acts: ToldAct[]): Promise<ResolvedAct[]> {
  return sql<ResolvedAct[]>`
    with told as (
      select * from jsonb_to_recordset(${sql.json(acts as unknown as JSONValue)}) as told (
        act text, active boolean, event_id uuid, actor_id bigint, post_id bigint, comment_id bigint, target_id bigint, version bigint, acted_at timestamptz)
    ), resolved as (
      select 'LIKE_POST' as type, post.id as subject_id, post.author_id as recipient_id, post.id as post_id, null::bigint as comment_id, told.event_id, told.actor_id, told.version, told.active, told.acted_at
      from told join content.post on post.id = told.post_id where told.act = 'LIKE_POST'
      union all
      select 'LIKE_COMMENT', comment.id, comment.author_id, comment.post_id, comment.id, told.event_id, told.actor_id, told.version, told.active, told.acted_at
      from told join content.comment on comment.id = told.comment_id where told.act = 'LIKE_COMMENT'
      union all
      select 'COMMENT_REPLY', comment.id, parent.author_id, comment.post_id, parent.id, told.event_id, comment.author_id, told.version, told.active, told.acted_at
      from told join content.comment on comment.id = told.comment_id join content.comment parent on parent.id = comment.parent_id where told.act = 'COMMENT'
      union all
      select 'COMMENT_CREATE', comment.id, post.author_id, post.id, null, told.event_id, comment.author_id, told.version, told.active, told.acted_at
      from told join content.comment on comment.id = told.comment_id join content.post on post.id = comment.post_id
      left join content.comment parent on parent.id = comment.parent_id
      where told.act = 'COMMENT' and post.author_id is distinct from parent.author_id
      union all
      select 'MEMBER_FOLLOW', member_id, member_id, null, null, told.event_id, told.actor_id, told.version, told.active, told.acted_at
      from told join member.public_profile on member_id = told.target_id where told.act = 'MEMBER_FOLLOW'
    )
    select distinct on (type, actor_id, subject_id) * from resolved where recipient_id <> actor_id
    order by type, actor_id, subject_id, version desc`
}

export interface ChangedAct extends ResolvedAct {
  /** The group that the act is counted in already. */
  notification_id: number | null
}

/** Those that are newer than what is known of their act. */
export async function upsertActs(sql: Queryable, acts: ResolvedAct[]): Promise<ChangedAct[]> {
  if (acts.length === 0) return []
  const rows = await sql<
    Pick<ChangedAct, 'type' | 'actor_id' | 'subject_id' | 'notification_id'>[]
  >`
    insert into activity.notification_actor as known (type, actor_id, subject_id, version, active, acted_at)
    select type, actor_id, subject_id, version, active, acted_at
    from jsonb_to_recordset(${sql.json(acts as unknown as JSONValue)}) as act (type text, actor_id bigint, subject_id bigint, version bigint, active boolean, acted_at timestamptz)
    on conflict (type, actor_id, subject_id) do update set
      version = excluded.version, active = excluded.active, acted_at = case when excluded.active then excluded.acted_at else known.acted_at end
    where excluded.version > known.version
    returning type, actor_id, subject_id, notification_id`
  const keyOf = ({
    type,
    actor_id,
    subject_id,
  }: Pick<ChangedAct, 'type' | 'actor_id' | 'subject_id'>) => `${type} ${actor_id} ${subject_id}`
  const groups = new Map(rows.map((row) => [keyOf(row), row.notification_id]))
  return acts.flatMap((act) => {
    const group = groups.get(keyOf(act))
    return group === undefined ? [] : [{ ...act, notification_id: group }]
  })
}

/** Into the unread group of their thing, which is opened where there is none. */
export async function assignToGroups(sql: Queryable, acts: ChangedAct[]): Promise<void> {
  if (acts.length === 0) return
  await sql`
    with act as (
      select * from jsonb_to_recordset(${sql.json(acts as unknown as JSONValue)}) as act (
        type text, actor_id bigint, subject_id bigint, recipient_id bigint, post_id bigint, comment_id bigint, acted_at timestamptz)
    ), thing as (
      select recipient_id, type, post_id, comment_id, min(acted_at) as first_at, max(acted_at) as last_at
      from act group by recipient_id, type, post_id, comment_id
    ), ordered as (
      select * from thing order by last_at, recipient_id, type, post_id, comment_id
    ), opened as (
      insert into activity.notification as known (recipient_id, type, post_id, comment_id, number, created_at, updated_at)
      select recipient_id, type, post_id, comment_id, nextval('activity.notification_number'), first_at, last_at from ordered
      on conflict (recipient_id, type, post_id, comment_id) where read_at is null
      do update set number = excluded.number, updated_at = greatest(known.updated_at, excluded.updated_at)
      returning id, number, recipient_id, type, post_id, comment_id
    )
    update activity.notification_actor actor set notification_id = opened.id, number = opened.number
    from act join opened on opened.recipient_id = act.recipient_id and opened.type = act.type
      and opened.post_id is not distinct from act.post_id and opened.comment_id is not distinct from act.comment_id
    where actor.type = act.type and actor.actor_id = act.actor_id and actor.subject_id = act.subject_id`
}
