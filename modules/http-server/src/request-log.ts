import type { FastifyBaseLogger } from 'fastify'

type Bindings = Parameters<FastifyBaseLogger['child']>[0]
type Options = Parameters<FastifyBaseLogger['child']>[1]

/**
 * The log of one request, with its id in each line. The library's own log of a request is made at
 * the first line: most requests log nothing, and making it takes longer than routing them.
 */
export class RequestLog implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  readonly #options: Options
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: Bindings, options: Options) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get #log(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(this.#bindings, this.#options)
    return this.#made
  }

  get level(): string {
    return this.#log.level
  }

  set level(level: string) {
    this.#log.level = level
  }

  child(bindings: Bindings, options?: Options): FastifyBaseLogger {
    return this.#log.child(bindings, options)
  }

  fatal(...line: unknown[]): void {
    Reflect.apply(this.#log.fatal, this.#log, line)
  }

  error(...line: unknown[]): void {
    Reflect.apply(this.#log.error, this.#log, line)
  }

  warn(...line: unknown[]): void {
    Reflect.apply(this.#log.warn, this.#log, line)
  }

  info(...line: unknown[]): void {
    Reflect.apply(this.#log.info, this.#log, line)
  }

  debug(...line: unknown[]): void {
    Reflect.apply(this.#log.debug, this.#log, line)
  }

  trace(...line: unknown[]): void {
    Reflect.apply(this.#log.trace, this.#log, line)
  }

  silent(): void {}
}
