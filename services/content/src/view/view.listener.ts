import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { addViews } from './view.queries.ts'

/** timeline-svc tells who looked at what; only content-svc writes the count. A sum has no key to upsert by, so an inbox makes it once. */
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
