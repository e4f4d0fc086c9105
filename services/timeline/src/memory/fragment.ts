/**
 * A post or a comment as its JSON, in the bytes of UTF-8 held by a one-byte string: such strings are joined and sent
 * without being encoded again.
 */
export class Fragment {
  readonly authorId: number
  /** Whether it is for everybody who has no block between them and the author. False where that is not known. */
  readonly isAuthorPublic: boolean
  readonly #notLiked: string
  #liked: string | undefined

  /** Of a DTO as one sees it who does not like it. */
  constructor(dto: { authorId: number; liked: boolean }, isAuthorPublic = false) {
    this.authorId = dto.authorId
    this.isAuthorPublic = isAuthorPublic
    // Copied once, so that no rope of its parts stays behind.
    this.#notLiked = Buffer.from(JSON.stringify(dto)).toString('latin1')
  }

  get bytes(): number {
    return this.#notLiked.length
  }

  json(liked: boolean): string {
    if (!liked) return this.#notLiked
    // Nothing that a member writes has bare quotes in JSON.
    this.#liked ??= Buffer.from(
      this.#notLiked.replace('"liked":false', '"liked":true'),
      'latin1',
    ).toString('latin1')
    return this.#liked
  }
}

/** Views and reconciled counts come without an event of their own. */
export const FRAGMENT_LIFE_MILLISECONDS = 2_000
/** Of the objects that hold one. */
export const BYTES_BESIDE_TEXT = 300

/** What is found in a fragment's place once the thing is deleted, or its author erased. */
export const GONE = 'GONE'
