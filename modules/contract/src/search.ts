import Type, { type Static } from 'typebox'
import { Id } from './field.ts'
import { MAX_KEYWORD_LENGTH, MAX_NORMALISED_KEYWORD_LENGTH } from './limits.ts'
import { ListQuery } from './page.ts'

/**
 * The keyword may hold words, `"exact words"`, `-word`, `from:handle`, `since:2026-11-01` and
 * `until:2026-11-30`.
 */
export const SearchQuery = Type.Object({
  ...ListQuery.properties,
  keyword: Type.String({
    maxLength: MAX_KEYWORD_LENGTH,
    description: `at most ${MAX_NORMALISED_KEYWORD_LENGTH} characters after normalisation (NFKC)`,
  }),
})
export type SearchQuery = Static<typeof SearchQuery>

const ids = Type.Array(Id, { maxItems: 1_000 })
export const PostPks = Type.Object({ postPks: ids })
export const CommentIds = Type.Object({ commentIds: ids })
export const ToMemberIds = Type.Object({ toMemberIds: ids })
export const PostLikeCounts = Type.Array(
  Type.Object({ postPk: Type.Integer(), likeCount: Type.Integer() }),
)
export const PostCommentCounts = Type.Array(
  Type.Object({ postPk: Type.Integer(), commentCount: Type.Integer() }),
)
export const CommentLikeCounts = Type.Array(
  Type.Object({ commentPk: Type.Integer(), likeCount: Type.Integer() }),
)
export const FollowingCounts = Type.Array(
  Type.Object({ toMemberId: Type.Integer(), followingCount: Type.Integer() }),
)
