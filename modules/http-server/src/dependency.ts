import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import type { Component, ComponentStatus } from './components.ts'

/** A server or service whose availability a request to it shows. */
export interface Dependency {
  name: string
  /** Only a required dependency makes the service unready. */
  isRequired: boolean
  /** Rejects while it is unavailable. */
  check(): Promise<unknown>
  /** One sentence about an error of `check`, for operators; anybody may read it. */
  describe(error: unknown): string
  /** Milliseconds for which an outcome is used again, once there was a success. */
  everyMilliseconds?: number
  /** Milliseconds for which a dependency that has worked may fail before it counts as DOWN. */
  graceMilliseconds?: number
}

/** Longest wait of a probe for a check. Kubernetes waits one second for the answer to a probe. */
const PROBE_MILLISECONDS = 500
/** A check without an outcome after this time has failed: the server is paused, or unreachable. */
const SILENCE_MILLISECONDS = 5_000
const OPTIONAL_EVERY_MILLISECONDS = 5_000

/**
 * Turns a dependency into a component. A slow check neither delays a probe nor makes the service
 * unready by itself, since under load it waits for a connection like every request: until it ends,
 * or has been silent for five seconds, the last outcome counts. No probe waits for a dependency that
 * is not required.
 */
export const componentOf = (dependency: Dependency): Component =>
  new DependencyComponent(dependency)

class DependencyComponent implements Component {
  readonly name: string
  readonly isRequired: boolean
  readonly #dependency: Dependency
  readonly #everyMilliseconds: number
  readonly #check = singleFlight(() => this.#checkOnce())
  #hasWorked = false
  #failure: { since: number; sentence: string } | undefined
  /** When the check in progress began; undefined while none is in progress. */
  #startedAt: number | undefined
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(dependency: Dependency) {
    this.name = dependency.name
    this.isRequired = dependency.isRequired
    this.#dependency = dependency
    this.#everyMilliseconds =
      dependency.everyMilliseconds ?? (dependency.isRequired ? 0 : OPTIONAL_EVERY_MILLISECONDS)
  }

  status(): ComponentStatus {
    const failure = this.#failure ?? this.#silence()
    if (failure === undefined)
      return this.#hasWorked ? { state: 'UP' } : { state: 'UNKNOWN', detail: 'not checked yet' }
    const milliseconds = performance.now() - failure.since
    const isTolerated = this.#hasWorked && milliseconds < (this.#dependency.graceMilliseconds ?? 0)
    return {
      state: isTolerated ? 'FAILING' : 'DOWN',
      detail: `${failure.sentence} (for ${Math.floor(milliseconds / 1_000)} s)`,
    }
  }

  async refresh(): Promise<void> {
    if (this.#hasWorked && performance.now() - this.#endedAt < this.#everyMilliseconds) return
    const checking = this.#check()
    if (this.isRequired) await atMost(checking, PROBE_MILLISECONDS)
  }

  #silence(): { since: number; sentence: string } | undefined {
    const since = this.#startedAt
    return since !== undefined && performance.now() - since >= SILENCE_MILLISECONDS
      ? { since, sentence: 'no answer' }
      : undefined
  }

  async #checkOnce(): Promise<void> {
    const startedAt = performance.now()
    this.#startedAt = startedAt
    try {
      await this.#dependency.check()
      this.#hasWorked = true
      this.#failure = undefined
    } catch (error) {
      const sentence = this.#dependency.describe(error)
      this.#failure = { since: this.#failure?.since ?? startedAt, sentence }
    }
    this.#startedAt = undefined
    this.#endedAt = performance.now()
  }
}

async function atMost(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
