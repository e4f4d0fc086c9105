import { Instant } from '@dailyfeed/contract/field'
import Type, { type Static } from 'typebox'

export const ModerationItem = Type.Object({
  id: Type.Integer(),
  kind: Type.String({ description: 'POST or COMMENT' }),
  postId: Type.Integer(),
  commentId: Type.Union([Type.Integer(), Type.Null()]),
  authorId: Type.Integer(),
  terms: Type.Array(Type.String(), { description: 'as the list of blocked terms spells them' }),
  excerpt: Type.String({ description: 'of the text as it stands, around the first term' }),
  version: Type.Integer({ description: 'of the post or comment in which they were found' }),
  status: Type.String({ description: 'OPEN' }),
  createdAt: Instant,
  updatedAt: Instant,
})
export type ModerationItem = Static<typeof ModerationItem>

export const Dismissal = Type.Object({
  outcome: Type.String({
    description: 'DISMISSED, or NOT_OPEN: decided before, edited or deleted meanwhile',
  }),
})
export type Dismissal = Static<typeof Dismissal>
