import type { NotificationType } from '@dailyfeed/contract/notification'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { NotifiedAction } from '../event-effects.ts'

/** An action as its event describes it. A type, since an interface is not assignable to JSON. */
export type PublishedAction = {
  action: NotifiedAction
  /** False where the event takes the action back. */
  active: boolean
  event_id: string
  actor_id: number
  post_id: number | null
  comment_id: number | null
  target_id: number | null
  version: number
  acted_at: string
}

/** An action with its recipient and the post, comment or member by which it is grouped. */
export type ResolvedAction = {
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
 * Lets one batch at a time assign numbers, until its transaction ends. Numbers then become visible
 * in ascending order, so that a stream that has passed a number never misses a lower one. It also
 * keeps two batches from deadlocking.
 */
export async function lockNumbers(sql: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('activity.notification', 0))`
}

/**
 * Adds recipient and group to each action, and keeps the newest version of each. A comment concerns
 * the author of its post, a reply the author of its parent, and the author of the post too where
 * that is another member. Actions on a member's own content have no recipient and are left out.
 */
export async function resolveActions(
  sql: Queryable,
  actions: PublishedAction[],
): Promise<ResolvedAction[]> {
  const common = sql`published.version, published.active, published.acted_at`
  return sql<ResolvedAction[]>`
    with published as (
      select * from jsonb_to_recordset(${sql.json(actions)}) as published (
        action text, active boolean, event_id uuid, actor_id bigint, post_id bigint,
        comment_id bigint, target_id bigint, version bigint, acted_at timestamptz
      )
    ), resolved as (
      select 'LIKE_POST' as type, post.id as subject_id, post.author_id as recipient_id,
             post.id as post_id, null::bigint as comment_id, published.event_id,
             published.actor_id, ${common}
      from published join content.post on post.id = published.post_id
      where published.action = 'LIKE_POST'
      union all
      select 'LIKE_COMMENT', comment.id, comment.author_id, comment.post_id, comment.id,
             published.event_id, published.actor_id, ${common}
      from published join content.comment on comment.id = published.comment_id
      where published.action = 'LIKE_COMMENT'
      union all
      select 'COMMENT_REPLY', comment.id, parent.author_id, comment.post_id, parent.id,
             published.event_id, comment.author_id, ${common}
      from published
      join content.comment on comment.id = published.comment_id
      join content.comment parent on parent.id = comment.parent_id
      where published.action = 'COMMENT'
      union all
      select 'COMMENT_CREATE', comment.id, post.author_id, post.id, null,
             published.event_id, comment.author_id, ${common}
      from published
      join content.comment on comment.id = published.comment_id
      join content.post on post.id = comment.post_id
      left join content.comment parent on parent.id = comment.parent_id
      where published.action = 'COMMENT' and post.author_id is distinct from parent.author_id
      union all
      select 'MEMBER_FOLLOW', member_id, member_id, null, null,
             published.event_id, published.actor_id, ${common}
      from published join member.public_profile on member_id = published.target_id
      where published.action = 'MEMBER_FOLLOW'
    )
    select distinct on (type, actor_id, subject_id) * from resolved where recipient_id <> actor_id
    order by type, actor_id, subject_id, version desc`
}

export type ChangedAction = ResolvedAction & {
  /** The group in which the action is counted already. */
  notification_id: number | null
}

/** Stores the actions that are newer than their stored version, and returns them. */
export async function upsertActions(
  sql: Queryable,
  actions: ResolvedAction[],
): Promise<ChangedAction[]> {
  if (actions.length === 0) return []
  const rows = await sql<(ActionKey & Pick<ChangedAction, 'notification_id'>)[]>`
    insert into activity.notification_actor as known
      (type, actor_id, subject_id, version, active, acted_at)
    select type, actor_id, subject_id, version, active, acted_at
    from jsonb_to_recordset(${sql.json(actions)}) as action (
      type text, actor_id bigint, subject_id bigint, version bigint, active boolean,
      acted_at timestamptz
    )
    on conflict (type, actor_id, subject_id) do update
    set version = excluded.version, active = excluded.active,
        acted_at = case when excluded.active then excluded.acted_at else known.acted_at end
    where excluded.version > known.version
    returning type, actor_id, subject_id, notification_id`
  const groups = new Map(rows.map((row) => [keyOf(row), row.notification_id]))
  return actions.flatMap((action) => {
    const group = groups.get(keyOf(action))
    return group === undefined ? [] : [{ ...action, notification_id: group }]
  })
}

type ActionKey = Pick<ResolvedAction, 'type' | 'actor_id' | 'subject_id'>

const keyOf = ({ type, actor_id, subject_id }: ActionKey) => `${type} ${actor_id} ${subject_id}`

/**
 * Adds the actions to the unread group of their subject. A group is created where there is none.
 */
export async function assignToGroups(sql: Queryable, actions: ChangedAction[]): Promise<void> {
  if (actions.length === 0) return
  await sql`
    with action as (
      select * from jsonb_to_recordset(${sql.json(actions)}) as action (
        type text, actor_id bigint, subject_id bigint, recipient_id bigint, post_id bigint,
        comment_id bigint, acted_at timestamptz
      )
    ), subject as (
      select recipient_id, type, post_id, comment_id,
             min(acted_at) as first_at, max(acted_at) as last_at
      from action group by recipient_id, type, post_id, comment_id
    ), ordered as (
      select * from subject order by last_at, recipient_id, type, post_id, comment_id
    ), opened as (
      insert into activity.notification as known
        (recipient_id, type, post_id, comment_id, number, created_at, updated_at)
      select recipient_id, type, post_id, comment_id,
             nextval('activity.notification_number'), first_at, last_at
      from ordered
      on conflict (recipient_id, type, post_id, comment_id) where read_at is null
      do update
      set number = excluded.number, updated_at = greatest(known.updated_at, excluded.updated_at)
      returning id, number, recipient_id, type, post_id, comment_id
    )
    update activity.notification_actor actor
    set notification_id = opened.id, number = opened.number
    from action join opened on opened.recipient_id = action.recipient_id
      and opened.type = action.type
      and opened.post_id is not distinct from action.post_id
      and opened.comment_id is not distinct from action.comment_id
    where actor.type = action.type and actor.actor_id = action.actor_id
      and actor.subject_id = action.subject_id`
}
