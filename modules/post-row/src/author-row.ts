import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/** The part of an author that posts and comments show. */
export interface AuthorColumns {
  author_name: string
  author_handle: string
  author_avatar_url: string | null
}

/** Columns of `member.public_profile author`. */
export const authorColumns = (sql: Queryable): Fragment => sql`
  author.member_name as author_name, author.handle as author_handle,
  author.avatar_url as author_avatar_url`
