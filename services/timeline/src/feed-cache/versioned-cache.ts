import { LRUCache } from 'lru-cache'

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

interface VersionedCacheOptions<Value> {
  ttlMs: number
  /** Maximum total size; counts entries when `sizeOf` is absent. */
  maxSize: number
  sizeOf?: (value: Value) => number
  /** Invalidations of what values depend on beside their own id: see `set`. */
  dependencies?: Invalidations
}

interface Entry<Value> {
  value: Value
  /** The version at which the query of this value started. */
  version: Version
  dependsOn: readonly number[]
}

const NOTHING: readonly number[] = []

/** Values by id. A value is served until its id, or one that it depends on, is invalidated, and for `ttlMs` at most. */
export class VersionedCache<Value> {
  readonly #entries: LRUCache<number, Entry<Value>>
  readonly #invalidations: Invalidations
  readonly #dependencies: Invalidations | undefined

  constructor(
    log: InvalidationLog,
    { ttlMs, maxSize, sizeOf, dependencies }: VersionedCacheOptions<Value>,
  ) {
    this.#entries = new LRUCache({
      ttl: ttlMs,
      ...(sizeOf === undefined
        ? { max: maxSize }
        : { maxSize, sizeCalculation: ({ value }) => sizeOf(value) }),
    })
    this.#invalidations = new Invalidations(log)
    this.#dependencies = dependencies
  }

  get(id: number): Value | undefined {
    return this.getEntry(id)?.value
  }

  /** The value with the version at which its query started. */
  getEntry(id: number): Readonly<Entry<Value>> | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#dependencies === undefined) return entry
    // Nearly always nothing was invalidated since, which costs one comparison.
    return this.#dependencies.last <= entry.version || !this.#dependsOnInvalid(entry)
      ? entry
      : undefined
  }

  /**
   * Stores a value whose query started at `version`, unless its id was invalidated since: then the query may have missed
   * the change. `dependsOn`: ids of the `dependencies`, which invalidate the value as well.
   */
  set(id: number, value: Value, version: Version, dependsOn = NOTHING): void {
    if (this.#invalidations.isInvalidatedSince(id, version)) return
    this.#entries.set(id, { value, version, dependsOn })
  }

  /** Measures a value again that has grown. Its lifetime stays as it is. */
  resize(id: number): void {
    const entry = this.#entries.peek(id)
    if (entry !== undefined) this.#entries.set(id, { ...entry }, { noUpdateTTL: true })
  }

  /** Drops the value without an invalidation: queries that run may still store theirs. */
  delete(id: number): void {
    this.#entries.delete(id)
  }

  invalidate(id: number): void {
    this.delete(id)
    this.#invalidations.invalidate(id)
  }

  /** Drops all values. The log's `invalidateAll` keeps queries that run from storing theirs. */
  clear(): void {
    this.#entries.clear()
  }

  *values(): IterableIterator<Value> {
    for (const { value } of this.#entries.values()) yield value
  }

  #dependsOnInvalid({ dependsOn, version }: Entry<Value>): boolean {
    return dependsOn.some((id) => this.#dependencies?.isInvalidatedSince(id, version))
  }
}
