import type { ReadContext } from '../context.ts'
import { type AuthorRow, findAuthors, findPosts, type PostRow } from './hydration.queries.ts'

/** A post with all that its DTO shows. */
export interface HydratedPost {
  post: PostRow
  author: AuthorRow
}

/** The live ones of these posts, by id: one batched look-up. */
export async function postsById(
  { reads }: ReadContext,
  viewerId: number,
  postIds: readonly number[],
): Promise<Map<number, PostRow>> {
  if (postIds.length === 0) return new Map()
  const rows = await findPosts(reads, viewerId, postIds)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Adds the authors that `known` lacks: one batched look-up. A member who was erased stays absent. */
export async function addAuthors(
  { primary }: ReadContext,
  viewerId: number,
  authorIds: Iterable<number>,
  known: Map<number, AuthorRow>,
): Promise<void> {
  const missing = [...new Set(authorIds)].filter((id) => !known.has(id))
  if (missing.length === 0) return
  for (const row of await findAuthors(primary, viewerId, missing)) known.set(row.member_id, row)
}
