import { AsyncLocalStorage } from 'node:async_hooks'

/** The caller of the request no longer waits for its answer. */
export class DeadlinePassedError extends Error {
  override name = 'DeadlinePassedError'

  constructor() {
    super('the deadline of the request has passed; its work was stopped')
  }
}

/** The response to a request, as far as its deadline needs it: `http.ServerResponse` has this form. */
interface PendingResponse {
  /** An answer that has begun ends the deadline: a stream of events lasts for as long as it is read. */
  readonly headersSent: boolean
  once(event: 'close', listener: () => void): unknown
}

/**
 * When the caller of a request stops waiting for the answer. Nothing is scheduled until work is registered that must be
 * stopped then, so that a request without such work costs no timer.
 */
export class RequestDeadline {
  readonly #endsAt: number
  readonly #response: PendingResponse
  #actions: (() => void)[] | undefined
  #timer: NodeJS.Timeout | undefined

  /** `remaining` is in milliseconds from now. */
  constructor(remaining: number, response: PendingResponse) {
    this.#endsAt = performance.now() + remaining
    this.#response = response
  }

  /** Milliseconds that are left; 0 or less when it has passed. */
  get remaining(): number {
    return this.#endsAt - performance.now()
  }

  /** True when the answer has begun: work that goes on after it is no longer awaited. */
  get isAnswered(): boolean {
    return this.#response.headersSent
  }

  /** Runs `stop` when the deadline passes before the answer has begun. It must do no harm to work that has ended. */
  onPassed(stop: () => void): void {
    if (this.#actions !== undefined) {
      this.#actions.push(stop)
      return
    }
    this.#actions = [stop]
    this.#timer = setTimeout(() => this.#pass(), Math.max(1, this.remaining))
    this.#timer.unref()
    // A caller that disconnects earlier leaves its work to the deadline.
    this.#response.once('close', () => {
      if (this.isAnswered) this.#release()
    })
  }

  #pass(): void {
    if (!this.isAnswered) for (const stop of this.#actions ?? []) stop()
    this.#release()
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#actions = []
  }
}

const storage = new AsyncLocalStorage<RequestDeadline | undefined>()

/** Runs `work`, and everything that it starts, within the deadline of one request. */
export const runWithDeadline = <Outcome>(deadline: RequestDeadline, work: () => Outcome): Outcome =>
  storage.run(deadline, work)

/** The deadline of the request for which this code runs; undefined outside of requests and after the answer. */
export function currentDeadline(): RequestDeadline | undefined {
  const deadline = storage.getStore()
  return deadline === undefined || deadline.isAnswered ? undefined : deadline
}

/**
 * Runs work that a request starts and does not own: a batch or a refresh that several requests share, or work that
 * continues after the answer. Another request's deadline must not stop it.
 */
export const withoutDeadline = <Outcome>(work: () => Outcome): Outcome =>
  storage.getStore() === undefined ? work() : storage.run(undefined, work)
