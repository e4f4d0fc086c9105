import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { Sql } from 'postgres'
import { findDeadLettered } from './dead-letter.queries.ts'
import type { EventHandler } from './event-handler.ts'
import { findInInbox } from './inbox.queries.ts'

/** The events that some handler has neither applied nor stored as a dead letter. */
export async function findMissingEvents(
  sql: Sql,
  schema: string,
  handlers: readonly EventHandler[],
  events: readonly MemberActivityEvent[],
): Promise<MemberActivityEvent[]> {
  const missing = new Map<string, MemberActivityEvent>()
  for (const handler of handlers) {
    const handled = events.filter((event) => handler.handles(event))
    if (handled.length === 0) continue
    const unapplied = handler.usesInbox
      ? await findNotInInbox(sql, schema, handler.name, handled)
      : ((await handler.findMissing?.(sql, handled)) ?? [])
    if (unapplied.length === 0) continue
    const ids = unapplied.map(({ eventId }) => eventId)
    const deadLettered = await findDeadLettered(sql, schema, handler.name, ids)
    for (const event of unapplied)
      if (!deadLettered.has(event.eventId)) missing.set(event.eventId, event)
  }
  return [...missing.values()]
}

async function findNotInInbox(
  sql: Sql,
  schema: string,
  handler: string,
  events: MemberActivityEvent[],
): Promise<MemberActivityEvent[]> {
  const ids = events.map(({ eventId }) => eventId)
  const inInbox = await findInInbox(sql, schema, handler, ids)
  return events.filter(({ eventId }) => !inInbox.has(eventId))
}
