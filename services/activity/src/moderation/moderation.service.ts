import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import type { BlockedTerms } from './blocked-terms.ts'
import type { Dismissal, ModerationItem } from './moderation-item.ts'
import { toModerationItem } from './moderation.mapper.ts'
import { dismissItem, findOpenItems } from './moderation-read.queries.ts'

/** Oldest first, so that items opened during a pagination appear at its end. */
export async function readModerationQueue(
  { sql, cursors }: ActivityContext,
  blockedTerms: BlockedTerms,
  query: ListQuery,
): Promise<Scroll<ModerationItem>> {
  const request = listRequestOf(query, 'moderation', cursors, { cursor: cursorOf('number') })
  const rows = await findOpenItems(sql, {
    after: request.after?.[0],
    offset: request.offset,
    limit: request.size + 1,
  })
  return toScroll(
    rows,
    request,
    cursors,
    ({ id }) => [id],
    (row) => toModerationItem(row, blockedTerms),
  )
}

/** The content stays as it is. A later edit with a blocked term opens the item again. */
export async function dismiss(
  { sql }: ActivityContext,
  itemId: number,
  adminId: number,
): Promise<Dismissal> {
  const item = await dismissItem(sql, itemId, adminId)
  if (item === undefined) throw new DailyfeedError('NOT_FOUND')
  return { outcome: item.was_open ? 'DISMISSED' : 'NOT_OPEN' }
}
