import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { postgresBinaries, reachableBinaries } from './binaries.ts'
import { ensureClusterFiles } from './cluster-files.ts'
import { OWNER } from './owner.ts'
import { startPostmaster, stopLeftOverPostmaster, stopPostmaster } from './postmaster.ts'
import { serverUser } from './system-user.ts'

interface EmbeddedPostgresOptions {
  /** The cluster's folder; created when missing. */
  folder: string
  ownerPassword: string
  /** Further settings, `name=value`. */
  settings?: string[]
  /** Called when the server ends without being stopped, and when it does not start again. */
  onCrash?: (message: string) => void
  /** Awaited before each attempt to start the server again. */
  beforeRestart?: () => Promise<void>
  /** Ends a start that has not been completed. */
  signal?: AbortSignal
}

export interface EmbeddedPostgres {
  /** Address of a database of this cluster, with the owner's login by default. */
  urlOf(database: string, login?: { user: string; password: string }): string
  pid: number
  stop(): Promise<void>
}

/** Starts the cluster and creates it on the first run. Stops a server left over from a killed platform first. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { folder, ownerPassword, settings = [], signal } = options
  const user = serverUser()
  const found = await postgresBinaries()
  const binaries = user === undefined ? found : await reachableBinaries(found)
  await stopLeftOverPostmaster(folder)
  const isDurable = !settings.includes('fsync=off')
  await ensureClusterFiles({ folder, binaries, user, ownerPassword, isDurable, signal })
  const port = await freePort()
  const start = (startSignal?: AbortSignal) =>
    startPostmaster({
      binaries,
      user,
      folder,
      ownerPassword,
      port,
      settings,
      signal: startSignal,
    })
  const supervisor = new Supervisor(await start(signal), options, start)
  return {
    get pid() {
      return supervisor.pid
    },
    urlOf: (database, { user, password } = { user: OWNER, password: ownerPassword }) =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`,
    stop: () => supervisor.stop(),
  }
}

const FIRST_DELAY = 200
const LONGEST_DELAY = 30_000
/** A server that ran for this long has recovered: the next crash starts with the first delay. */
const STABLE_MILLISECONDS = 60_000

type Hooks = Pick<EmbeddedPostgresOptions, 'onCrash' | 'beforeRestart'>

/** Starts a server again that has ended by itself, after delays that double. */
class Supervisor {
  #child: ChildProcess
  readonly #hooks: Hooks
  readonly #start: (signal?: AbortSignal) => Promise<ChildProcess>
  readonly #stopping = new AbortController()
  #restarting: Promise<void> = Promise.resolve()
  #delay = FIRST_DELAY
  #startedAt = performance.now()
  /** A platform that ends at once, by a second signal, leaves no server behind. */
  readonly #stopWithProcess = () => void this.#child.kill('SIGINT')

  constructor(
    child: ChildProcess,
    hooks: Hooks,
    start: (signal?: AbortSignal) => Promise<ChildProcess>,
  ) {
    this.#child = child
    this.#hooks = hooks
    this.#start = start
    this.#watch()
    process.once('exit', this.#stopWithProcess)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    process.off('exit', this.#stopWithProcess)
    await this.#restarting
    await stopPostmaster(this.#child)
  }

  #watch(): void {
    this.#child.once('exit', (code, signal) => {
      if (this.#stopping.signal.aborted) return
      this.#hooks.onCrash?.(`PostgreSQL ended unexpectedly (${signal ?? code}); restarting it`)
      this.#restarting = this.#restart().catch(() => {})
    })
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stopping
    if (performance.now() - this.#startedAt > STABLE_MILLISECONDS) this.#delay = FIRST_DELAY
    let hasReported = false
    while (!signal.aborted) {
      await sleep(this.#delay, undefined, { signal })
      this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY)
      try {
        await this.#hooks.beforeRestart?.()
        this.#child = await this.#start(signal)
        this.#startedAt = performance.now()
        this.#watch()
        if (hasReported) this.#hooks.onCrash?.('PostgreSQL runs again')
        return
      } catch (error) {
        if (!hasReported && !signal.aborted)
          this.#hooks.onCrash?.(
            `${error instanceof Error ? error.message : error}; it is tried again every ${LONGEST_DELAY / 1_000} s`,
          )
        hasReported = true
      }
    }
  }
}
