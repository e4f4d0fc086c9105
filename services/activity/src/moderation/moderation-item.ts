import { Instant } from '@dailyfeed/contract/field'
import Type, { type Static } from 'typebox'

export const ModerationItem = Type.Object({
  id: Type.Integer(),
  kind: Type.String({ description: 'POST or COMMENT' }),
  postId: Type.Integer(),
  commentId: Type.Union([Type.Integer(), Type.Null()]),
  authorId: Type.Integer(),
  terms: Type.Array(Type.String(), { description: 'blocked terms found, as the list spells them' }),
  excerpt: Type.String({ description: 'current text around the first term' }),
  version: Type.Integer({ description: 'version of the post or comment in which they were found' }),
  status: Type.String({ description: 'OPEN' }),
  createdAt: Instant,
  updatedAt: Instant,
})
export type ModerationItem = Static<typeof ModerationItem>

export const Dismissal = Type.Object({
  outcome: Type.String({
    description: 'DISMISSED, or NOT_OPEN if it was decided, edited or deleted before',
  }),
})
export type Dismissal = Static<typeof Dismissal>
