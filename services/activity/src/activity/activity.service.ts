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
  const { offset } = request
  const rows = await findActivitiesOf(context.sql, memberId, { ...rangeOf(request), offset })
  return toActivityScroll(context, request, rows)
}

/** Each round that is skipped costs as much as a page. */
const MAX_FOLLOWINGS_BY_PAGE = 1_000
const SKIPPED_AT_ONCE = 100

/** The activities of the members whom this member follows, newest first; by page the first 1,000. */
export async function readActivitiesOfFollowings(
  context: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Activity>> {
  const scope = `activities-of-followings:${memberId}`
  const request = listRequestOf(query, scope, context.cursors, {
    cursor,
    maxItemsByPage: MAX_FOLLOWINGS_BY_PAGE,
  })
  const { after, limit } = rangeOf(request)
  const start = await skip(context, memberId, { after, limit: request.offset })
  const rows =
    start === 'ENDED'
      ? []
      : await findActivitiesOfFollowings(context.sql, memberId, { after: start, limit })
  return toActivityScroll(context, request, rows)
}

/** The position after the first `limit` activities of a range, or ENDED where there are fewer. */
async function skip(
  { sql }: ActivityContext,
  memberId: number,
  { after, limit }: Range,
): Promise<Range['after'] | 'ENDED'> {
  let position = after
  for (let left = limit; left > 0; left -= SKIPPED_AT_ONCE) {
    const range = { after: position, limit: Math.min(left, SKIPPED_AT_ONCE) }
    const skipped = await findActivitiesOfFollowings(sql, memberId, range)
    const last = skipped.at(-1)
    if (last === undefined || skipped.length < range.limit) return 'ENDED'
    position = { occurredAt: last.occurred_at, messageKey: last.message_key }
  }
  return position
}

/** One row more than the page, to see whether there is another page. */
const rangeOf = ({ after, size }: ActivityRequest): Range => ({
  after: after && { occurredAt: after[0], messageKey: after[1] },
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
