import type { Activity } from '@dailyfeed/contract/activity'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { type ListRequest, listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import { toActivity } from './activity.mapper.ts'
import {
  type ActivityRow,
  findActivitiesOf,
  findActivitiesOfFollowings,
  type Range,
} from './activity.queries.ts'

/** Time and message key of the last activity of a page. */
const cursor = cursorOf('string', 'string')
type ActivityRequest = ListRequest<[string, string]>

/** The member's own activities, newest first. */
export async function readMyActivities(
  context: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Activity>> {
  const scope = `activities:${memberId}`
  const request = listRequestOf(query, scope, context.cursors, { cursor })
  const rows = await findActivitiesOf(context.sql, memberId, rangeOf(request))
  return toActivityScroll(context, request, rows)
}

/** The activities of the members whom this member follows, newest first. */
export async function readActivitiesOfFollowings(
  context: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Activity>> {
  const scope = `activities-of-followings:${memberId}`
  const request = listRequestOf(query, scope, context.cursors, { cursor })
  const rows = await findActivitiesOfFollowings(context.sql, memberId, rangeOf(request))
  return toActivityScroll(context, request, rows)
}

/** One row more than the page, to see whether there is another page. */
const rangeOf = ({ after, offset, size }: ActivityRequest): Range => ({
  after: after && { occurredAt: after[0], messageKey: after[1] },
  offset,
  limit: size + 1,
})

const toActivityScroll = (
  { cursors }: ActivityContext,
  request: ActivityRequest,
  rows: ActivityRow[],
): Scroll<Activity> =>
  toScroll(
    rows,
    request,
    cursors,
    ({ occurred_at, message_key }) => [occurred_at, message_key],
    toActivity,
  )
