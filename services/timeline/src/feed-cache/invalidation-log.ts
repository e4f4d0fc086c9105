/** Increments with every observed change. A query started at version v may have missed changes recorded after v. */
export type Version = number

/** The clock of all caches of a process: changes are observed one after the other, and each gets a version. */
export class InvalidationLog {
  #version: Version = 1
  #clearedAt: Version = 0

  get version(): Version {
    return this.#version
  }

  advance(): void {
    this.#version += 1
  }

  /** For changes that are not known one by one. */
  invalidateAll(): void {
    this.advance()
    this.#clearedAt = this.#version
  }

  wasClearedSince(version: Version): boolean {
    return this.#clearedAt > version
  }
}

/** Upper bound of ids whose invalidation is kept: far more than change while one query runs. */
const MAX_IDS = 100_000

/** The version at which each id of one kind (posts, authors, …) was last invalidated. */
export class Invalidations {
  readonly #log: InvalidationLog
  /** In the order of their versions. */
  readonly #versions = new Map<number, Version>()
  /** The highest version that was dropped to keep the bound; everything up to it counts as invalidated. */
  #dropped: Version = 0
  /** The version of the latest invalidation: values that are as new need no look at their ids. Hot paths read this field. */
  last: Version = 0

  constructor(log: InvalidationLog) {
    this.#log = log
  }

  invalidate(id: number): void {
    this.last = this.#log.version
    this.#versions.delete(id)
    this.#versions.set(id, this.last)
    if (this.#versions.size <= MAX_IDS) return
    for (const [oldest, version] of this.#versions) {
      this.#versions.delete(oldest)
      this.#dropped = version
      return
    }
  }

  isInvalidatedSince(id: number, version: Version): boolean {
    if (this.#log.wasClearedSince(version)) return true
    if (version >= this.last) return false
    return version < this.#dropped || (this.#versions.get(id) ?? 0) > version
  }
}
