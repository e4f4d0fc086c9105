import { Admission, type AdmissionLimits } from './admission.ts'
import { EventLoopDelay } from './event-loop-delay.ts'

export interface OverloadOptions extends Partial<AdmissionLimits> {
  /** Mean delay of the event loop in milliseconds, over one second, above which requests are refused. */
  maxEventLoopDelay?: number
  /** Milliseconds after the last server of the process began to listen in which nothing is refused. */
  startMilliseconds?: number
  /** Without it every request starts at once. */
  isOn?: boolean
}

/** Decides which requests of one event loop start, wait, or are refused. */
export class LoadGuard {
  readonly admission: Admission
  readonly eventLoop: EventLoopDelay
  readonly isOn: boolean
  readonly #startMilliseconds: number

  constructor({
    isOn = true,
    maxEventLoopDelay = 1_000,
    startMilliseconds = 5_000,
    ...limits
  }: OverloadOptions = {}) {
    this.isOn = isOn
    this.admission = new Admission(limits)
    this.eventLoop = new EventLoopDelay(maxEventLoopDelay)
    this.#startMilliseconds = startMilliseconds
  }

  /**
   * A server has begun to listen. Loading code, opening connections and compiling the first requests
   * delay everything, and are no overload.
   */
  beginStart(): void {
    const end = performance.now() + this.#startMilliseconds
    this.admission.countFrom(end)
    this.eventLoop.countFrom(end)
  }
}

/** The settings of a service with these names. */
export interface OverloadSettings {
  OVERLOAD_SHEDDING: string
  OVERLOAD_PERIOD_MS: number
  OVERLOAD_MAX_WAIT_MS: number
  OVERLOAD_MAX_WAITING: number
  OVERLOAD_EVENT_LOOP_DELAY_MS: number
}

let processGuard: LoadGuard | undefined

/** The servers of one process share its event loop, and so one guard. */
export function loadGuardOfProcess(): LoadGuard {
  processGuard ??= new LoadGuard()
  return processGuard
}

/** Call it before the first server. The first settings count: all servers have one environment. */
export function configureLoadGuard(settings: OverloadSettings): void {
  processGuard ??= new LoadGuard(optionsOf(settings))
}

const optionsOf = (settings: OverloadSettings): OverloadOptions => ({
  isOn: settings.OVERLOAD_SHEDDING === 'on',
  periodMs: settings.OVERLOAD_PERIOD_MS,
  maxWaitMs: settings.OVERLOAD_MAX_WAIT_MS,
  maxWaiting: settings.OVERLOAD_MAX_WAITING,
  maxEventLoopDelay: settings.OVERLOAD_EVENT_LOOP_DELAY_MS,
})
