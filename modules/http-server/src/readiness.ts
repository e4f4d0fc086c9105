import { setTimeout as sleep } from 'node:timers/promises'
import { backoff } from '@dailyfeed/concurrency/backoff'
import { type ComponentReport, type Components, missingComponents } from './components.ts'
import type { Log } from './log.ts'

export interface Readiness {
  isReady: boolean
  components: Record<string, ComponentReport>
}

const FIRST_CHECKS = { first: 50, max: 1_000 }
/** Components that come within this time of a start are no news. */
const START_MILLISECONDS = 3_000

/** Whether the service can serve requests, and a log line for each component that is lost or returns. */
export class ReadinessCheck {
  readonly #components: Components
  readonly #log: Log
  readonly #reported = new Set<string>()
  #becomingReady: Promise<void> | undefined
  #isDraining = false
  #isClosed = false
  #wasReady = false
  readonly #createdAt = performance.now()

  constructor(components: Components, log: Log) {
    this.#components = components
    this.#log = log
  }

  /** From now on the service is unready. */
  startDraining(): void {
    this.#isDraining = true
  }

  /** `excluded`: names of components that do not count this time. */
  async check(excluded: ReadonlySet<string> = new Set()): Promise<Readiness> {
    await this.#components.refresh()
    const components = this.#components.report()
    const missing = missingComponents(components)
    this.#logChanges(missing, components)
    if (this.#isDraining)
      components['shutdown'] = {
        state: 'DOWN',
        required: true,
        detail: 'the process is about to end; requests are still accepted',
      }
    if (missing.length === 0) this.#wasReady = true
    return {
      isReady: !this.#isDraining && missing.every((name) => excluded.has(name)),
      components,
    }
  }

  /** Checks until the service is ready for the first time, so that the log names what it waits for. */
  untilReady(): Promise<void> {
    this.#becomingReady ??= this.#checkUntilReady()
    return this.#becomingReady
  }

  close(): void {
    this.#isClosed = true
  }

  async #checkUntilReady(): Promise<void> {
    for (let failures = 1; !this.#isClosed && !this.#isDraining; failures += 1) {
      if ((await this.check()).isReady) return
      await sleep(backoff(failures, FIRST_CHECKS), undefined, { ref: false })
    }
  }

  #logChanges(missing: readonly string[], components: Record<string, ComponentReport>): void {
    const isStarting = !this.#wasReady && performance.now() - this.#createdAt < START_MILLISECONDS
    for (const name of isStarting ? [] : missing) {
      if (this.#reported.has(name)) continue
      const detail = components[name]?.detail ?? 'unavailable'
      this.#reported.add(name)
      this.#log.warn({ component: name }, `not ready: waiting for ${name}: ${detail}`)
    }
    for (const name of [...this.#reported]) {
      if (missing.includes(name)) continue
      this.#reported.delete(name)
      this.#log.warn({ component: name }, `${name} is available`)
    }
  }
}
