import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { EFFECTS } from '../event-effects.ts'
import type { BlockedTerms } from './blocked-terms.ts'
import {
  type ChangedContent,
  type ContentKind,
  type ContentStateRow,
  findContentStates,
  type ModerationChange,
  upsertItems,
} from './moderation-write.queries.ts'

/** A further round is needed only where content is edited between a round's read and its write. */
const MAX_ROUNDS = 20
/** About 10 ms of searching; then waiting requests of this process get their turn. */
const CHARACTERS_PER_TURN = 50_000

/**
 * Puts posts and comments with blocked terms into the moderation queue. An event only says that
 * content changed; the current text is checked. Order and repetition of events therefore do not
 * matter, and no inbox is needed. A replay of events after a change of the list updates the queue.
 */
export const moderateBlockedTerms = (blockedTerms: BlockedTerms): EventHandler => ({
  name: 'blocked-terms',
  usesInbox: false,
  handles: (event) => contentOf(event) !== undefined,

  /**
   * Repeats until a round changes nothing: content that is edited between the read and the write
   * of a round is checked again. An edit after the last read has an event of its own.
   */
  async apply(sql, events) {
    const changed = new Set<string>()
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const changes = await findChanges(sql, blockedTerms, events)
      if (changes.length === 0) return changed.size
      for (const { kind, content_id } of await upsertItems(sql, changes))
        changed.add(`${kind} ${content_id}`)
    }
    throw new Error(
      `content was edited during each of ${MAX_ROUNDS} moderation checks; the events are retried`,
    )
  },

  async findMissing(sql, events) {
    const changes = await findChanges(sql, blockedTerms, events)
    return events.filter((event) => changes.some((change) => concerns(event, change)))
  },
})

async function findChanges(
  sql: Queryable,
  blockedTerms: BlockedTerms,
  events: readonly MemberActivityEvent[],
): Promise<ModerationChange[]> {
  const changes: ModerationChange[] = []
  let characters = 0
  for (const row of await findContentStates(sql, changedContentOf(events))) {
    changes.push(...changesOf(row, blockedTerms))
    characters += row.text.length
    if (characters > CHARACTERS_PER_TURN) {
      characters = 0
      await yieldToEventLoop()
    }
  }
  return changes
}

/** The change that brings the item of this content up to date; none if it is up to date. */
function changesOf(row: ContentStateRow, blockedTerms: BlockedTerms): ModerationChange[] {
  const { kind, content_id, post_id, author_id, version, item_status: status } = row
  const change = (to: ModerationChange['status'], terms: string[]): ModerationChange[] => [
    { kind, content_id, post_id, author_id, version, status: to, terms },
  ]
  const isOpen = status === 'OPEN'
  const storedTerms = row.item_terms ?? []
  if (row.gone) return isOpen ? change('REMOVED', storedTerms) : []

  const isNewer = row.item_version === null || version > row.item_version
  if (status === 'DISMISSED' && !isNewer) return []
  const terms = blockedTerms.findIn(row.text)?.terms
  if (terms === undefined) return isOpen ? change('CLEARED', storedTerms) : []
  const isStored = isOpen && !isNewer && terms.join('\n') === storedTerms.join('\n')
  return isStored ? [] : change('OPEN', terms)
}

interface ContentKey {
  kind: ContentKind
  id: number
}

/** The post or comment that an event says was written, edited or deleted. */
function contentOf({
  memberActivityType,
  postId,
  commentId,
}: MemberActivityEvent): ContentKey | undefined {
  const kind = EFFECTS[memberActivityType].moderation
  if (kind === null) return undefined
  const id = kind === 'POST' ? postId : commentId
  return id ? { kind, id } : undefined
}

function changedContentOf(events: readonly MemberActivityEvent[]): ChangedContent {
  const idsOf = (kind: ContentKind, some = events) => [
    ...new Set(
      some.map(contentOf).flatMap((content) => (content?.kind === kind ? [content.id] : [])),
    ),
  ]
  return {
    postIds: idsOf('POST'),
    commentIds: idsOf('COMMENT'),
    deletedPostIds: idsOf('POST', events.filter(isPostDeletion)),
  }
}

const isPostDeletion = ({ memberActivityType }: MemberActivityEvent): boolean =>
  memberActivityType === 'POST_DELETE'

/** Whether the event causes this change; the deletion of a post changes its comments' items too. */
function concerns(event: MemberActivityEvent, change: ModerationChange): boolean {
  const content = contentOf(event)
  if (content?.kind === change.kind && content.id === change.content_id) return true
  return isPostDeletion(event) && change.kind === 'COMMENT' && content?.id === change.post_id
}
