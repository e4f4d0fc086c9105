import type { CommentActivityReport, PostActivityReport } from '@dailyfeed/contract/activity'
import { DailyfeedError, type ErrorCode, ValidationError } from '@dailyfeed/contract/errors'
import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { messageKeyOf, nextKeyTime } from '@dailyfeed/contract/message-key'
import type { ActivityContext } from '../context.ts'
import { recordKeyOf } from '../record/record-key.ts'
import { findComment, findPost, insertReportedRecord, type ContentRow } from './report.queries.ts'

type ReportedAction = 'CREATE' | 'UPDATE' | 'DELETE' | 'READ' | 'LIKE' | 'UNLIKE'

/** The event types that each path accepts, and the action of each. */
const ACTIONS = {
  posts: {
    POST_CREATE: 'CREATE',
    POST_UPDATE: 'UPDATE',
    POST_DELETE: 'DELETE',
    POST_READ: 'READ',
  },
  comments: {
    COMMENT_CREATE: 'CREATE',
    COMMENT_UPDATE: 'UPDATE',
    COMMENT_DELETE: 'DELETE',
    COMMENT_READ: 'READ',
  },
  'posts/likes': { LIKE_POST: 'LIKE', LIKE_POST_CANCEL: 'UNLIKE' },
  'comments/likes': { LIKE_COMMENT: 'LIKE', LIKE_COMMENT_CANCEL: 'UNLIKE' },
} as const satisfies Record<string, Partial<Record<ActivityType, ReportedAction>>>
export type ReportPath = keyof typeof ACTIONS

/**
 * Records an action that a member reports, after checking that it took place. Nothing is published,
 * and an event of the same action replaces the record. Our own services publish events instead.
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
  const { type, action } = typeOrThrow(path, report.activityType)
  const content =
    commentId === null
      ? await findPost(context.sql, postId, memberId)
      : await findComment(context.sql, commentId, postId, memberId)
  const times = timesOrThrow(
    content,
    action,
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
    repeatable: action === 'READ',
    ...times,
  })
}

function typeOrThrow(
  path: ReportPath,
  activityType: string,
): { type: ActivityType; action: ReportedAction } {
  const accepted = Object.entries(ACTIONS[path]) as [ActivityType, ReportedAction][]
  for (const [type, action] of accepted) if (type === activityType) return { type, action }
  const list = accepted.map(([type]) => type).join(', ')
  throw new ValidationError([
    {
      field: 'activityType',
      ko: `활동 유형은 ${list} 중 하나여야 합니다.`,
      en: `The activity type must be one of ${list}.`,
    },
  ])
}

interface ActionTimes {
  occurredAt: Date
  createdAt: Date
  updatedAt: Date
}

/**
 * The times of the action, from the content itself. Content that the member may not see counts as
 * missing.
 */
function timesOrThrow(
  content: ContentRow | undefined,
  action: ReportedAction,
  memberId: number,
  notFound: ErrorCode,
): ActionTimes {
  if (content === undefined || !content.visible) throw new DailyfeedError(notFound)
  const { created_at: createdAt, updated_at: updatedAt, deleted_at: deletedAt } = content
  const isAuthor = content.author_id === memberId
  const forbidden = () => new DailyfeedError('MEMBER_FORBIDDEN')
  if (action === 'DELETE') {
    if (!isAuthor || deletedAt === null) throw forbidden()
    return { occurredAt: deletedAt, createdAt, updatedAt }
  }
  if (deletedAt !== null) throw new DailyfeedError(notFound)
  switch (action) {
    case 'READ':
      return { occurredAt: new Date(), createdAt, updatedAt }
    case 'LIKE':
    case 'UNLIKE': {
      const { liked, like_created_at: likedAt, like_updated_at: changedAt } = content
      if (liked !== (action === 'LIKE') || likedAt === null || changedAt === null) throw forbidden()
      return { occurredAt: changedAt, createdAt: likedAt, updatedAt: changedAt }
    }
    case 'CREATE':
      if (!isAuthor) throw forbidden()
      return { occurredAt: createdAt, createdAt, updatedAt }
    case 'UPDATE':
      if (!isAuthor || !content.edited) throw forbidden()
      return { occurredAt: updatedAt, createdAt, updatedAt }
  }
}
