import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { addViews } from './view.queries.ts'

/**
 * Counts the views that timeline-svc publishes: only content-svc writes the counters. A sum has no
 * key to upsert by, so the inbox ensures that each event is added once.
 */
export const countViews: EventHandler = {
  name: 'views',
  usesInbox: true,
  handles: ({ memberActivityType }) => memberActivityType === 'POST_READ',
  async apply(sql, events) {
    const views = new Map<number, number>()
    for (const { postId } of events)
      if (typeof postId === 'number') views.set(postId, (views.get(postId) ?? 0) + 1)
    await addViews(sql, views)
    return events.length
  },
}
