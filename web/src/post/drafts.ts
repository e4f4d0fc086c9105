/** The texts of a post that is being written. */
export interface Draft {
  title: string
  content: string
}

const EMPTY: Draft = { title: '', content: '' }

/** Keeps a draft in memory while the member visits other pages. */
export function createDraftStore() {
  let draft = EMPTY
  return {
    get: (): Draft => draft,
    set(next: Draft): void {
      draft = next
    },
    clear(): void {
      draft = EMPTY
    },
  }
}

/** Passes "Write a post" from anywhere on the page to the composer, or to the composer that is mounted next. */
export function createComposerRequests() {
  let open: (() => void) | undefined
  let isPending = false
  return {
    /** Returns whether a composer was mounted and has opened. */
    request(): boolean {
      isPending = open === undefined
      open?.()
      return !isPending
    },
    /** Called by a composer when it is mounted. Returns the function for its unmounting. */
    onRequest(listener: () => void): () => void {
      open = listener
      if (isPending) listener()
      isPending = false
      return () => {
        if (open === listener) open = undefined
      }
    },
  }
}
