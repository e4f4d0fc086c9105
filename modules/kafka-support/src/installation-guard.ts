import type { FastifyBaseLogger } from 'fastify'
import { findInstallationOf } from './installation-header.ts'
import type { TopicRecord } from './topic-record.ts'

interface InstallationGuardOptions {
  /** Finds the id of this installation. */
  findOwn: () => Promise<string>
  service: string
  log: Pick<FastifyBaseLogger, 'error'>
}

/** An alarm about the same installation is repeated after this long. */
const REPEAT_MILLISECONDS = 600_000
/** Installations that are distinguished. Ids come from the broker, where anybody with access may write. */
const MAX_OTHERS = 20
const MANY = 'several'
const ACTION =
  'give one of the two installations another KAFKA_TOPIC (docs/operation.md, "Two installations on one broker")'

/** Keeps events of other installations, which use the same topics by mistake, from being applied here. */
export class InstallationGuard {
  readonly findOwn: () => Promise<string>
  readonly #options: InstallationGuardOptions
  #own = ''
  /** Refused records, by the installation that sent them. */
  readonly refused = new Map<string, number>()
  /** When a record or a group member of another installation was seen last, by `performance.now()`. */
  readonly #seenAt = new Map<string, number>()
  /** When the last alarm about an installation was raised, by `performance.now()`. */
  readonly #alarmedAt = new Map<string, number>()

  constructor(options: InstallationGuardOptions) {
    this.#options = options
    this.findOwn = options.findOwn
  }

  /** Those of the records that this installation sent, and those without a header, of an older release. */
  async ownOf(records: readonly TopicRecord[]): Promise<readonly TopicRecord[]> {
    const own = await this.findOwn()
    const isForeign = (record: TopicRecord) => (findInstallationOf(record) ?? own) !== own
    if (!records.some(isForeign)) return records
    for (const record of records.filter(isForeign))
      this.#refuse(own, findInstallationOf(record) ?? '', record)
    return records.filter((record) => !isForeign(record))
  }

  /** Raises an alarm when members of a consumer group belong to another installation. */
  async checkMembers(group: string, installations: Iterable<string>): Promise<void> {
    const own = await this.findOwn()
    for (const other of installations)
      if (other !== own)
        this.#alarm(
          { group, installation: own, otherInstallation: this.#labelOf(other) },
          `ALARM: another installation reads the events of this one in the same consumer group; ${ACTION}`,
        )
  }

  /** One sentence that names the installations of which something was seen in the last ten minutes, if any. */
  problem(): string | undefined {
    const others = [...this.#seenAt]
      .filter(([, at]) => performance.now() - at < REPEAT_MILLISECONDS)
      .map(([other]) => other)
    if (others.length === 0) return undefined
    return `installation ${others.join(', ')} uses the same topics as this one, ${this.#own}`
  }

  #refuse(own: string, other: string, { topic, partition, offset }: TopicRecord): void {
    const label = this.#labelOf(other)
    this.refused.set(label, (this.refused.get(label) ?? 0) + 1)
    this.#alarm(
      {
        topic,
        partition,
        offset: String(offset),
        installation: own,
        otherInstallation: label,
      },
      `ALARM: a topic holds events of another installation; they are not applied; ${ACTION}`,
    )
  }

  #labelOf(other: string): string {
    const label = other.slice(0, 64)
    return this.#seenAt.has(label) || this.#seenAt.size < MAX_OTHERS ? label : MANY
  }

  #alarm(
    fields: { installation: string; otherInstallation: string; [field: string]: unknown },
    message: string,
  ): void {
    this.#own = fields.installation
    this.#seenAt.set(fields.otherInstallation, performance.now())
    const key = `${message} ${fields.otherInstallation}`
    const last = this.#alarmedAt.get(key)
    if (last !== undefined && performance.now() - last < REPEAT_MILLISECONDS) return
    if (this.#alarmedAt.size >= 2 * MAX_OTHERS) this.#alarmedAt.clear()
    this.#alarmedAt.set(key, performance.now())
    const { service, log } = this.#options
    log.error({ service, ...fields }, message)
  }
}
