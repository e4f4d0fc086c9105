import type { Post } from '@dailyfeed/contract/post'
import { type PostWithoutAuthorRow, toPostOf } from '@dailyfeed/post-row/post-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { type AuthorRow, findAuthors, findPosts } from './hydration.queries.ts'

/** Where pages are hydrated from. */
export interface FeedDatabases {
  /** Posts, comments and likes: the replica where it has caught up. */
  reads: Queryable
  /** The primary: the answer to who may see whom must not lag. */
  primary: Queryable
}

/** A post with everything that its DTO shows. */
export interface HydratedPost {
  post: PostWithoutAuthorRow
  author: AuthorRow
}

export const toPost = ({ post, author }: HydratedPost): Post => toPostOf(post, author)

/** Those of these posts that are live, by id, in one query. */
export async function loadPosts(
  { reads }: Pick<FeedDatabases, 'reads'>,
  viewerId: number,
  postIds: readonly number[],
): Promise<Map<number, PostWithoutAuthorRow>> {
  if (postIds.length === 0) return new Map()
  const rows = await findPosts(reads, viewerId, postIds)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Adds the authors that `authors` lacks, in one query. Members who were erased stay absent. */
export async function loadMissingAuthors(
  { primary }: Pick<FeedDatabases, 'primary'>,
  viewerId: number,
  authorIds: Iterable<number>,
  authors: Map<number, AuthorRow>,
): Promise<void> {
  const missing = [...new Set(authorIds)].filter((id) => !authors.has(id))
  if (missing.length === 0) return
  for (const row of await findAuthors(primary, viewerId, missing)) authors.set(row.member_id, row)
}
