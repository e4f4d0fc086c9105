import type { FastifyBaseLogger } from 'fastify'
import type { TopicReader } from './topic-reader.ts'

interface ReaderSetOptions {
  open: (topic: string) => Promise<TopicReader>
  /** Why a reader has to be replaced, if so. */
  problemOf: (reader: TopicReader) => string | undefined
  log: Pick<FastifyBaseLogger, 'warn'>
  service: string
}

/** One reader per wanted topic. */
export class ReaderSet {
  readonly #options: ReaderSetOptions
  readonly #readers = new Map<string, TopicReader>()
  #isStopped = false
  #restarts = 0

  constructor(options: ReaderSetOptions) {
    this.#options = options
  }

  get topics(): string[] {
    return [...this.#readers.keys()].sort()
  }

  /** The number of readers that were replaced. */
  get restarts(): number {
    return this.#restarts
  }

  /** Closes readers that are unwanted or have a problem, and opens those that are missing. */
  async reconcile(wanted: ReadonlySet<string>): Promise<void> {
    for (const [topic, reader] of this.#readers) await this.#closeUnlessWell(topic, reader, wanted)
    const missing = [...wanted].filter((topic) => !this.#readers.has(topic))
    await Promise.all(missing.map((topic) => this.#open(topic)))
  }

  /** From now on no reader is opened, and one that is being opened is closed again. */
  stopOpening(): void {
    this.#isStopped = true
  }

  async close(): Promise<void> {
    this.stopOpening()
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()))
  }

  async #closeUnlessWell(
    topic: string,
    reader: TopicReader,
    wanted: ReadonlySet<string>,
  ): Promise<void> {
    const { problemOf, log, service } = this.#options
    const trouble = wanted.has(topic) ? problemOf(reader) : undefined
    if (wanted.has(topic) && trouble === undefined) return
    this.#readers.delete(topic)
    if (trouble !== undefined) {
      this.#restarts += 1
      log.warn({ topic, service, trouble }, 'reader replaced')
    }
    await reader.close()
  }

  async #open(topic: string): Promise<void> {
    if (this.#isStopped) return
    const reader = await this.#options.open(topic)
    if (this.#isStopped) await reader.close()
    else this.#readers.set(topic, reader)
  }
}
