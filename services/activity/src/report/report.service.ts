import type { CommentActivityReport, PostActivityReport } from '@dailyfeed/contract/activity'
import { DailyfeedError, type ErrorCode, ValidationError } from '@dailyfeed/contract/errors'
import type { ActivityType } from '@dailyfeed/contract/member-activity-event'
import { messageKeyOf, nextKeyTime } from '@dailyfeed/contract/message-key'
import type { ActivityContext } from '../context.ts'
import { recordKeyOf } from '../record/record-key.ts'
import { findComment, findPost, insertReportedRecord, type ThingRow } from './report.queries.ts'

/** The types that each founding path takes. */
const TYPES = {
  posts: ['POST_CREATE', 'POST_UPDATE', 'POST_DELETE', 'POST_READ'],
  comments: ['COMMENT_CREATE', 'COMMENT_UPDATE', 'COMMENT_DELETE', 'COMMENT_READ'],
  postLikes: ['LIKE_POST', 'LIKE_POST_CANCEL'],
  commentLikes: ['LIKE_COMMENT', 'LIKE_COMMENT_CANCEL'],
} as const satisfies Record<string, readonly ActivityType[]>
export type ReportPath = keyof typeof TYPES

/**
 * Keeps a record of what a member says that they did, if it is true. It tells nobody, and gives way to what the relay
 * delivers: for our own services this way in is not needed.
 */
export async function reportActivity(
  context: ActivityContext,
  callerId: number,
  path: ReportPath,
  report: PostActivityReport | CommentActivityReport,
): Promise<void> {
  const { memberId, postId } = report
  const commentId = 'commentId' in report ? report.commentId : null
  if (memberId !== callerId) throw new DailyfeedError('MEMBER_FORBIDDEN')
  const type = typeOrThrow(path, report.activityType)
  const thing =
    commentId === null
      ? await findPost(context.sql, postId, memberId)
      : await findComment(context.sql, commentId, postId, memberId)
  const act = actOrThrow(
    thing,
    type,
    memberId,
    commentId === null ? 'POST_NOT_FOUND' : 'COMMENT_NOT_FOUND',
  )
  const time = nextKeyTime(context.topicTimeZone, Date.now())
  await insertReportedRecord(context.sql, {
    messageKey: recordKeyOf(
      messageKeyOf({ type, memberId, postId, ...(commentId === null ? {} : { commentId }), time }),
    ),
    type,
    memberId,
    postId,
    commentId,
    repeatable: type.endsWith('_READ'),
    ...act,
  })
}

function typeOrThrow(path: ReportPath, activityType: string): ActivityType {
  const types: readonly ActivityType[] = TYPES[path]
  const type = types.find((one) => one === activityType)
  if (type !== undefined) return type
  const list = types.join(', ')
  throw new ValidationError([
    {
      field: 'activityType',
      ko: `활동 유형은 ${list} 중 하나여야 합니다.`,
      en: `The activity type must be one of ${list}.`,
    },
  ])
}

interface Act {
  occurredAt: Date
  createdAt: Date
  updatedAt: Date
}

/** When the act took place, by the thing itself. What the member may not see does not exist for them. */
function actOrThrow(
  thing: ThingRow | undefined,
  type: ActivityType,
  memberId: number,
  notFound: ErrorCode,
): Act {
  if (thing === undefined || !thing.visible) throw new DailyfeedError(notFound)
  const { created_at: createdAt, updated_at: updatedAt, deleted_at: deletedAt } = thing
  const isAuthor = thing.author_id === memberId
  const forbidden = () => new DailyfeedError('MEMBER_FORBIDDEN')
  if (type.endsWith('_DELETE')) {
    if (!isAuthor || deletedAt === null) throw forbidden()
    return { occurredAt: deletedAt, createdAt, updatedAt }
  }
  if (deletedAt !== null) throw new DailyfeedError(notFound)
  if (type.endsWith('_READ')) return { occurredAt: new Date(), createdAt, updatedAt }
  if (type.startsWith('LIKE_')) {
    const { liked, like_created_at: likedAt, like_updated_at: changedAt } = thing
    if (liked !== !type.endsWith('_CANCEL') || likedAt === null || changedAt === null)
      throw forbidden()
    return { occurredAt: changedAt, createdAt: likedAt, updatedAt: changedAt }
  }
  if (!isAuthor || (type.endsWith('_UPDATE') && !thing.edited)) throw forbidden()
  return { occurredAt: type.endsWith('_UPDATE') ? updatedAt : createdAt, createdAt, updatedAt }
}
