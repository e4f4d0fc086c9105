// Search parameters of the pages for signed-in members, read from an address that anybody may have written.

export function tabSearch({ tab }: Record<string, unknown>): { tab?: 'followers' | 'followings' } {
  return tab === 'followers' || tab === 'followings' ? { tab } : {}
}

/** The comment that a link to a post points to. */
export function linkedCommentSearch({ comment }: Record<string, unknown>): { comment?: number } {
  return typeof comment === 'number' && Number.isSafeInteger(comment) ? { comment } : {}
}

/** The router parses `keyword=7` as a number, which is a keyword too. */
export function keywordSearch({ keyword, tab }: Record<string, unknown>): {
  keyword?: string
  tab?: 'posts' | 'comments'
} {
  return {
    ...((typeof keyword === 'string' || typeof keyword === 'number') && {
      keyword: String(keyword),
    }),
    ...((tab === 'posts' || tab === 'comments') && { tab }),
  }
}
