import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { backoff } from '@dailyfeed/concurrency/backoff'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Component } from './components.ts'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import type { Log } from './log.ts'

/** The reason why something is not available yet. */
interface Obstacle {
  /** One sentence for operators; anybody may read it. */
  sentence: string
  /** Whether probably a setting is wrong: logged as an error, and checked less often. */
  isMisconfiguration: boolean
}

/** Something without which a service cannot start. */
interface Need {
  /** The name of the component in GET /healthz/ready. */
  name: string
  /** Undefined when it is available. Throws what waiting cannot mend; the start fails with it. */
  findObstacle(): Promise<Obstacle | undefined>
}

interface StartWaitOptions {
  service: string
  config: { HOST: string; PORT: number; INTERNAL_CALLERS: string }
  log: Log
}

const CHECK_AGAIN = { first: 100, max: 1_000 }
/** A refused login may be counted by the server, and a schema takes its time. */
const MISCONFIGURED = { first: 1_000, max: 5_000 }
const RETRY_AFTER_SECONDS = 2
/** A check that takes longer is waited for as well, with the port open. */
const PATIENCE_MILLISECONDS = 2_000
const NO_ANSWER: Obstacle = { sentence: 'no answer yet', isMisconfiguration: false }

/**
 * The time of a service's start until everything it needs is available. Meanwhile its port is open:
 * it is live, GET /healthz/ready answers 503 and names what it waits for, all else is 503. Where
 * everything is available at once, nothing is opened.
 */
export class StartWait implements AsyncDisposable {
  readonly #options: StartWaitOptions
  /** Why each need was or is not met, by its name; undefined once it is. */
  readonly #obstacles = new Map<string, Obstacle | undefined>()
  #server: HttpServer | undefined
  #isClosed = false

  constructor(options: StartWaitOptions) {
    this.#options = options
  }

  /** Resolves when the need is met, however long that takes. */
  async until(need: Need): Promise<void> {
    const startedAt = performance.now()
    for (let failures = 1; ; failures += 1) {
      const finding = need.findObstacle()
      if (await isPending(finding, PATIENCE_MILLISECONDS)) await this.#report(need.name, NO_ANSWER)
      const obstacle = await finding
      if (obstacle === undefined) break
      await this.#report(need.name, obstacle)
      await sleep(backoff(failures, obstacle.isMisconfiguration ? MISCONFIGURED : CHECK_AGAIN))
    }
    if (!this.#obstacles.has(need.name)) return
    this.#obstacles.set(need.name, undefined)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    this.#options.log.warn(
      { component: need.name },
      `${need.name} is available after ${seconds} s; the start continues`,
    )
  }

  /** Frees the port. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#server?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Logs the obstacle, unless it is the same as before, and opens the port. */
  async #report(name: string, obstacle: Obstacle): Promise<void> {
    const last = this.#obstacles.get(name)
    if (obstacle.sentence === last?.sentence || (obstacle === NO_ANSWER && last !== undefined))
      return
    if (last === undefined) this.#server?.components.register(this.#componentOf(name))
    this.#obstacles.set(name, obstacle)
    this.#options.log[obstacle.isMisconfiguration ? 'error' : 'warn'](
      { component: name },
      `the start waits for ${name}: ${obstacle.sentence}`,
    )
    this.#server ??= await this.#open()
  }

  async #open(): Promise<HttpServer> {
    const { service, config, log } = this.#options
    const app = await createHttpServer({
      service,
      // Its refusals are no news: `until` logs what is awaited.
      log: log.child({}, { level: 'silent' }),
      callers: config.INTERNAL_CALLERS,
    })
    app.addHook('onRequest', async ({ url }) => {
      if (!/^\/(?:healthz\/|metrics)/.test(url))
        throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS })
    })
    app.components.register({
      name: 'start',
      isRequired: true,
      status: () => ({ state: 'DOWN', detail: 'the service is starting' }),
    })
    for (const name of this.#obstacles.keys()) app.components.register(this.#componentOf(name))
    await app.listen({ host: config.HOST, port: config.PORT })
    return app
  }

  #componentOf(name: string): Component {
    return {
      name,
      isRequired: true,
      status: () => {
        const obstacle = this.#obstacles.get(name)
        return obstacle === undefined
          ? { state: 'UP' }
          : { state: 'DOWN', detail: obstacle.sentence }
      },
    }
  }
}

async function isPending(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const ended = work.then(
    () => false,
    () => false,
  )
  // One more turn of the event loop: while code was loaded, the answer may have come unnoticed.
  return Promise.race([
    ended,
    sleep(milliseconds, undefined, { ref: false }).then(() => setImmediate(true)),
  ])
}
