import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { BrokerAwayError } from './broker-fault.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import type { TopicAdmin } from './topic-admin.ts'
import { type HandleBatch, readTopic } from './topic-reader.ts'

interface TopicReplayOptions {
  connection: KafkaConnection
  admin: TopicAdmin
  clientId: string
  topic: string
  handle: HandleBatch
  /** Records handled, of all that were there when the replay began. */
  onProgress: (done: number, of: number) => void
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  signal?: AbortSignal
}

/**
 * Reads a topic once from its first record to the last that is there now, with a group of its own, so that no listener's
 * place is moved. Throws what `handle` throws, UnknownTopicError (also when it is
 * deleted meanwhile), BrokerAwayError, or the signal's reason.
 */
export async function replayTopic({
  connection,
  admin,
  clientId,
  topic,
  handle,
  onProgress,
  log,
  signal,
}: TopicReplayOptions): Promise<number> {
  const range = (await admin.rangesOf([topic])).get(topic)
  const remaining = new Map<number, bigint>()
  let total = 0
  for (const [partition, end] of range?.end ?? []) {
    const begin = range?.begin.get(partition) ?? 0n
    if (end > begin) remaining.set(partition, end)
    total += Number(end - begin)
  }
  onProgress(0, total)
  if (remaining.size === 0) return 0
  // One that is aborted already calls no listener.
  signal?.throwIfAborted()

  const group = `replay.${clientId}.${randomUUID()}`
  const finished = Promise.withResolvers<void>()
  finished.promise.catch(() => {})
  const abort = () => finished.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  let done = 0
  let isOver = false
  const reader = await readTopic({
    connection,
    clientId,
    topic,
    group,
    log,
    async handle(records) {
      if (isOver || signal?.aborted) return
      const asked = records.filter(
        ({ partition, offset }) => offset < (range?.end.get(partition) ?? 0n),
      )
      try {
        if (asked.length > 0) await handle(asked)
      } catch (error) {
        isOver = true
        finished.reject(error)
        return
      }
      done += asked.length
      onProgress(done, total)
      for (const { partition, offset } of records)
        if (offset + 1n >= (remaining.get(partition) ?? 0n)) remaining.delete(partition)
      if (remaining.size === 0) finished.resolve()
    },
  })
  let doneBefore = 0
  /** A reader waits without end for records that are gone. */
  async function lookForWhatIsGone(): Promise<void> {
    const fault = reader.fault()
    if (fault !== undefined) throw new Error(`${topic} cannot be read to its end: ${fault}`)
    const hasProgressed = done > doneBefore
    doneBefore = done
    if (hasProgressed) return
    const begin = (await admin.rangesOf([topic])).get(topic)?.begin
    for (const [partition, end] of remaining)
      if ((begin?.get(partition) ?? 0n) >= end) remaining.delete(partition)
    if (remaining.size === 0) finished.resolve()
  }
  const watch = setInterval(() => {
    // Brokers that are away come back, and the reader goes on.
    lookForWhatIsGone().catch((error) => error instanceof BrokerAwayError || finished.reject(error))
  }, 1_000)
  try {
    await finished.promise
    return done
  } finally {
    isOver = true
    clearInterval(watch)
    signal?.removeEventListener('abort', abort)
    await reader.close()
    await admin
      .deleteGroups([group])
      .catch((error) =>
        log.warn({ group, err: error }, 'the group of a replay is left; it expires by itself'),
      )
  }
}
