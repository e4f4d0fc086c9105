import { readActivityConfigOrThrow } from '@dailyfeed/activity/config'
import { eventHandlersOf } from '@dailyfeed/activity/event-handlers'
import { createTopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { startEnvironment } from '@dailyfeed/tests/faults/environment'
import { startTestKafka } from '@dailyfeed/tests/kafka'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { pino } from 'pino'
import type { Measurement } from '../measurement.ts'
import { listenerBench } from './listener.ts'
import { relayBench } from './relay.ts'
import { endToEndBench } from './end-to-end.ts'
import { backlogBench, writeLatencyBench } from './through-services.ts'

const say = (line: string) => void process.stderr.write(`${line}\n`)

/** Relay, listener and the whole path of an event. Takes about eight minutes. */
export async function eventsBench(): Promise<Measurement[]> {
  return [...(await relayAndListener()), ...(await throughServices())]
}

/** Relay and listener in this process, each against a ceiling in the same process. */
async function relayAndListener(): Promise<Measurement[]> {
  const database = await startOwnDatabase()
  const broker = await startTestKafka({ heap: '512m' })
  const connection = { brokers: broker.brokers.split(',') }
  const kafka = { connection, admin: createTopicAdmin(connection, 'bench') }
  const log = pino({ level: 'warn' }, process.stderr)
  const { BLOCKED_TERMS } = readActivityConfigOrThrow({
    DATA_DIR: database.folder,
    DATABASE_URL: database.urlOf('activity'),
  })
  try {
    say('relay…')
    const relay = await relayBench(database, kafka, log)
    say('listener…')
    return [
      ...relay,
      ...(await listenerBench({
        database,
        kafka,
        allHandlers: eventHandlersOf(BLOCKED_TERMS),
        log,
        say,
      })),
    ]
  } finally {
    await kafka.admin.close()
    await broker.stop()
    await database.stop()
  }
}

/** The whole path, with every service in a separate process. */
async function throughServices(): Promise<Measurement[]> {
  const environment = await startEnvironment({
    seed: 1,
    databaseSettings: ['track_commit_timestamp=on'],
  })
  try {
    say('write latency…')
    const latency = await writeLatencyBench(environment)
    say('end to end…')
    const endToEnd = await endToEndBench(environment)
    say('backlog…')
    return [...latency, ...endToEnd, ...(await backlogBench(environment, say))]
  } finally {
    await environment.stop()
  }
}
