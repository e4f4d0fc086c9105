import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { EFFECTS } from '../event-effects.ts'
import type { BlockedTerms } from './blocked-terms.ts'
import {
  type AskedThings,
  findThings,
  type JudgedThingRow,
  type ModerationChange,
  type ThingKind,
  upsertItems,
} from './moderation-write.queries.ts'

/** Each further round means that a thing was edited while it was judged. */
const MAX_ROUNDS = 20
/** Some 10 ms: longer than that a batch of long posts keeps no request of this process waiting. */
const LETTERS_AT_A_STRETCH = 50_000

/**
 * Puts posts and comments with blocked terms into the moderation queue. An event only says that something changed: what
 * is judged is the text as it stands, so that neither order nor repetition matters and no inbox is needed. A day that is
 * replayed after the list was changed brings the queue up to date.
 */
export const moderateBlockedTerms = (blockedTerms: BlockedTerms): EventHandler => ({
  name: 'blocked-terms',
  usesInbox: false,
  handles: (event) => thingOf(event) !== undefined,

  /**
   * Until nothing is left to change: what was edited between look and write is looked at again, and what is edited after
   * the last look has an event of its own, which finds what was written here.
   */
  async apply(sql, events) {
    const changed = new Set<string>()
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const changes = await findChanges(sql, blockedTerms, events)
      if (changes.length === 0) return changed.size
      for (const { kind, thing_id } of await upsertItems(sql, changes))
        changed.add(`${kind} ${thing_id}`)
    }
    throw new Error(
      `things were edited faster than they could be judged, ${MAX_ROUNDS} times in a row`,
    )
  },

  async findMissing(sql, events) {
    const changes = await findChanges(sql, blockedTerms, events)
    return events.filter((event) => changes.some((change) => isAbout(event, change)))
  },
})

async function findChanges(
  sql: Queryable,
  blockedTerms: BlockedTerms,
  events: readonly MemberActivityEvent[],
): Promise<ModerationChange[]> {
  const changes: ModerationChange[] = []
  let letters = 0
  for (const row of await findThings(sql, askedBy(events))) {
    changes.push(...changeOf(row, blockedTerms))
    letters += row.text.length
    if (letters > LETTERS_AT_A_STRETCH) {
      letters = 0
      await letOthersRun()
    }
  }
  return changes
}

/** What the queue would have to say of a thing, where it does not say so yet. */
function changeOf(row: JudgedThingRow, blockedTerms: BlockedTerms): ModerationChange[] {
  const { kind, thing_id, post_id, author_id, version, item_status: status } = row
  const change = (to: ModerationChange['status'], terms: string[]): ModerationChange[] => [
    { kind, thing_id, post_id, author_id, version, status: to, terms },
  ]
  const isOpen = status === 'OPEN'
  const found = row.item_terms ?? []
  if (row.gone) return isOpen ? change('REMOVED', found) : []

  const isNewer = row.item_version === null || version > row.item_version
  if (status === 'DISMISSED' && !isNewer) return []
  const terms = blockedTerms.findIn(row.text)?.terms
  if (terms === undefined) return isOpen ? change('CLEARED', found) : []
  const isKnown = isOpen && !isNewer && terms.join('\n') === found.join('\n')
  return isKnown ? [] : change('OPEN', terms)
}

interface Thing {
  kind: ThingKind
  id: number
}

/** What an event tells to have been written, edited or deleted. */
function thingOf({
  memberActivityType,
  postId,
  commentId,
}: MemberActivityEvent): Thing | undefined {
  const kind = EFFECTS[memberActivityType].moderation
  if (kind === null) return undefined
  const id = kind === 'POST' ? postId : commentId
  return id ? { kind, id } : undefined
}

function askedBy(events: readonly MemberActivityEvent[]): AskedThings {
  const idsOf = (kind: ThingKind, asked = events) => [
    ...new Set(asked.map(thingOf).flatMap((thing) => (thing?.kind === kind ? [thing.id] : []))),
  ]
  return {
    postIds: idsOf('POST'),
    commentIds: idsOf('COMMENT'),
    deletedPostIds: idsOf(
      'POST',
      events.filter(({ memberActivityType }) => memberActivityType === 'POST_DELETE'),
    ),
  }
}

function isAbout(
  event: MemberActivityEvent,
  { kind, thing_id, post_id }: ModerationChange,
): boolean {
  const thing = thingOf(event)
  if (thing?.kind === kind && thing.id === thing_id) return true
  return event.memberActivityType === 'POST_DELETE' && kind === 'COMMENT' && thing?.id === post_id
}
