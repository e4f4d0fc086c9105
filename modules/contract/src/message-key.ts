import type { OutboxType } from './member-activity-event.ts'

/** Every message key begins so. */
export const MESSAGE_KEY_PREFIX = 'member_activity:kafka_event:'

/** Stands for an id that the database gives in the same statement; the outbox insert puts it in. */
export const ROW_ID = '{id}'
type KeyPart = number | typeof ROW_ID

interface MessageKeyParts {
  type: OutboxType
  memberId: KeyPart
  postId?: KeyPart
  commentId?: KeyPart
  targetMemberId?: KeyPart
  /** From `nextKeyTime`; only for the types whose key carries a time. */
  time: string
}

/**
 * The founding key of an activity's record: the listener upserts by it.
 * COMMENT_CREATE carries the comment's id, where the founding slide prints the post's: with that, a member's second
 * comment on a post would overwrite the record of the first (docs/decisions/0003).
 */
export function messageKeyOf({
  type,
  memberId,
  postId,
  commentId,
  targetMemberId,
  time,
}: MessageKeyParts): string {
  switch (type) {
    case 'POST_CREATE':
    case 'LIKE_POST':
    case 'LIKE_POST_CANCEL':
      return join(type, postId, memberId)
    case 'POST_UPDATE':
    case 'POST_DELETE':
    case 'POST_READ':
      return join(type, postId, memberId, time)
    case 'COMMENT_CREATE':
    case 'LIKE_COMMENT':
    case 'LIKE_COMMENT_CANCEL':
      return join(type, commentId, memberId)
    case 'COMMENT_UPDATE':
    case 'COMMENT_DELETE':
    case 'COMMENT_READ':
      return join(type, commentId, memberId, time)
    default:
      return join(type, memberId, targetMemberId ?? '-', time)
  }
}

function join(type: OutboxType, ...parts: (KeyPart | string | undefined)[]): string {
  if (parts.includes(undefined))
    throw new TypeError(`${type} has no message key without its post or comment id`)
  return MESSAGE_KEY_PREFIX + [type, ...parts].join('###')
}

let lastNanosecond = 0n

/**
 * `yyyy-MM-dd HH:mm:ss.SSSSSSSSS` in the given IANA zone. Never the same twice in one process: where the clock
 * (milliseconds) does not move, or jumps back, the nanosecond part goes on from the last value.
 */
export function nextKeyTime(timeZone: string, nowMilliseconds: number): string {
  const now = BigInt(nowMilliseconds) * 1_000_000n
  lastNanosecond = now > lastNanosecond ? now : lastNanosecond + 1n
  return `${secondOf(timeZone, Number(lastNanosecond / 1_000_000_000n))}.${String(lastNanosecond % 1_000_000_000n).padStart(9, '0')}`
}

/** Of one zone. Its last second is kept as text: to format one takes longer than all else of a key. */
interface Clock {
  format: Intl.DateTimeFormat
  second: number
  text: string
}

const clocks = new Map<string, Clock>()

function secondOf(timeZone: string, second: number): string {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    // Swedish dates are ISO dates with a space before the time.
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    clock = { format, second: Number.NaN, text: '' }
    clocks.set(timeZone, clock)
  }
  if (clock.second !== second) {
    clock.text = clock.format.format(second * 1_000)
    clock.second = second
  }
  return clock.text
}
