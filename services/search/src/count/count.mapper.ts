import type { CommentCountsRow, FollowerCountsRow, PostCountsRow } from './count.queries.ts'

export const toPostLikeCount = (row: PostCountsRow) => ({
  postPk: row.id,
  likeCount: row.like_count,
})
export const toPostCommentCount = (row: PostCountsRow) => ({
  postPk: row.id,
  commentCount: row.comment_count,
})
export const toCommentLikeCount = (row: CommentCountsRow) => ({
  commentPk: row.id,
  likeCount: row.like_count,
})
/** `followingCount` is the number of followers: the name is that of the founding system (docs/origin.md). */
export const toFollowingCount = (row: FollowerCountsRow) => ({
  toMemberId: row.member_id,
  followingCount: row.follower_count,
})
