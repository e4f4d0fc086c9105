import type { Activity } from '@dailyfeed/contract/activity'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { listRequestOf, type ListRequest, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import { toActivity } from './activity.mapper.ts'
import {
  type ActivityRow,
  findActivitiesOf,
  findActivitiesOfFollowings,
  type Stretch,
} from './activity.queries.ts'

/** Of the member themself, newest first. */
export async function readMyActivities(
  context: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Activity>> {
  const request = listRequestOf(query, `activities:${memberId}`, context.cursors)
  return toActivityScroll(
    context,
    request,
    await findActivitiesOf(context.sql, memberId, stretchOf(request)),
  )
}

/** Of those whom the member follows, newest first. */
export async function readActivitiesOfFollowings(
  context: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Activity>> {
  const request = listRequestOf(query, `activities-of-followings:${memberId}`, context.cursors)
  return toActivityScroll(
    context,
    request,
    await findActivitiesOfFollowings(context.sql, memberId, stretchOf(request)),
  )
}

const stretchOf = ({ after, offset, size }: ListRequest): Stretch => ({
  after:
    after === undefined
      ? undefined
      : { occurredAt: String(after[0]), messageKey: String(after[1]) },
  offset,
  limit: size + 1,
})

const toActivityScroll = (
  { cursors }: ActivityContext,
  request: ListRequest,
  rows: ActivityRow[],
): Scroll<Activity> =>
  toScroll(
    rows,
    request,
    cursors,
    ({ occurred_at, message_key }) => [occurred_at, message_key],
    toActivity,
  )
