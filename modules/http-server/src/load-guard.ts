import { Admission, ADMISSION_LIMITS, type AdmissionLimits } from './admission.ts'
import { EventLoopDelay } from './event-loop-delay.ts'

const MAX_EVENT_LOOP_DELAY_MS = 1_000
const START_MS = 5_000

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
  admission: Admission
  eventLoop: EventLoopDelay
  isOn: boolean
  #startMilliseconds: number

  constructor({
    isOn = true,
    maxEventLoopDelay = MAX_EVENT_LOOP_DELAY_MS,
    startMilliseconds = START_MS,
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

/** The servers of one process share its event loop, and so one guard. */
export const loadGuardOfProcess = new LoadGuard()
let isConfigured = false

/**
 * Call it before a server listens. The first settings of a process count: all of its servers have
 * one environment.
 */
export function configureLoadGuard({
  OVERLOAD_SHEDDING = 'on',
  OVERLOAD_PERIOD_MS: periodMs = ADMISSION_LIMITS.periodMs,
  OVERLOAD_MAX_WAIT_MS: maxWaitMs = ADMISSION_LIMITS.maxWaitMs,
  OVERLOAD_MAX_WAITING: maxWaiting = ADMISSION_LIMITS.maxWaiting,
  OVERLOAD_EVENT_LOOP_DELAY_MS = MAX_EVENT_LOOP_DELAY_MS,
}: Partial<OverloadSettings>): void {
  if (isConfigured) return
  isConfigured = true
  loadGuardOfProcess.isOn = OVERLOAD_SHEDDING === 'on'
  loadGuardOfProcess.admission = new Admission({ periodMs, maxWaitMs, maxWaiting })
  loadGuardOfProcess.eventLoop = new EventLoopDelay(OVERLOAD_EVENT_LOOP_DELAY_MS)
}
