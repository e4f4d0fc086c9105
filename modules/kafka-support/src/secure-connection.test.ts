import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventProducer } from './event-producer.ts'
import { silentLog } from './kafka-fixture.ts'
import { type KafkaConfig, kafkaConnectionOf } from './kafka-settings.ts'
import { createTopicAdmin } from './topic-admin.ts'
import { replayTopic } from './topic-replay.ts'

const isMissing = await kafkaIsMissing()
const LOGIN = { username: 'dailyfeed', password: 'only-for-tests' }
/** Subtracted from a node's port: a port that is rarely taken. */
const SECURE_PORT_DISTANCE = 2_000
let folder: string
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let config: KafkaConfig

beforeAll(async () => {
  if (isMissing) return
  folder = await mkdtemp(join(tmpdir(), 'dailyfeed-tls-'))
  const keystore = join(folder, 'broker.p12')
  const keytool = (command: string) =>
    execFileSync('keytool', command.split(' '), { stdio: 'ignore' })
  const store = `-keystore ${keystore} -storetype PKCS12 -storepass ${LOGIN.password} -alias broker`
  keytool(`-genkeypair -keyalg EC -dname CN=broker -ext SAN=ip:127.0.0.1 -validity 2 ${store}`)
  keytool(`-exportcert -rfc -file ${join(folder, 'ca.pem')} ${store}`)
  const jaas = (module: string, users = '') =>
    `org.apache.kafka.common.security.${module} required ${users};`
  let securePort = 0
  kafka = await startTestKafka({
    settings: ({ port, controllerPort }) => {
      securePort = port - SECURE_PORT_DISTANCE
      return {
        listeners: [
          `PLAINTEXT://127.0.0.1:${port}`,
          `CONTROLLER://127.0.0.1:${controllerPort}`,
          `SECURE://127.0.0.1:${securePort}`,
        ].join(),
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SECURE://127.0.0.1:${securePort}`,
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
        'inter.broker.listener.name': 'PLAINTEXT',
        'listener.name.secure.ssl.keystore.location': keystore,
        'listener.name.secure.ssl.keystore.password': LOGIN.password,
        'listener.name.secure.ssl.keystore.type': 'PKCS12',
        'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.secure.plain.sasl.jaas.config': jaas(
          'plain.PlainLoginModule',
          `user_${LOGIN.username}="${LOGIN.password}"`,
        ),
        'listener.name.secure.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule'),
        'listener.name.secure.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule'),
      }
    },
    formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${LOGIN.username},password=${LOGIN.password}]`,
    ]),
  })
  config = {
    KAFKA_BROKERS: `127.0.0.1:${securePort}`,
    KAFKA_ACKS: '1',
    KAFKA_REPLICATION_FACTOR: 1,
    KAFKA_TOPIC: 'secure',
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: join(folder, 'ca.pem'),
    KAFKA_SASL_USERNAME: LOGIN.username,
    KAFKA_SASL_PASSWORD: LOGIN.password,
  }
}, 120_000)
afterAll(async () => {
  await kafka?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

function connectionOf(changes: Partial<KafkaConfig>) {
  const connection = kafkaConnectionOf({ ...config, ...changes })
  if (connection === undefined) throw new Error('no brokers are set')
  return connection
}

test.skipIf(isMissing).each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  'records are sent and read over TLS with %s',
  async (mechanism) => {
    const connection = connectionOf({ KAFKA_SASL_MECHANISM: mechanism })
    const admin = createTopicAdmin(connection, 'test')
    const producer = createEventProducer({ connection, acks: '1', clientId: 'test' })
    const found: string[] = []
    try {
      const topic = `secure-${mechanism}`
      await admin.createTopic({
        topic,
        partitions: 1,
        replicationFactor: 1,
        retentionMilliseconds: 3_600_000,
      })
      await expect
        .poll(
          () =>
            producer.send(topic, [{ key: 'post:1', value: Buffer.from('secret') }]).then(
              () => 'sent',
              (error: Error) => error.message,
            ),
          { timeout: 10_000 },
        )
        .toBe('sent')
      await replayTopic({
        connection,
        admin,
        clientId: 'test',
        topic,
        handle: async (records) => void found.push(...records.map(({ value }) => String(value))),
        onProgress() {},
        log: silentLog,
      })
    } finally {
      await producer.close()
      await admin.close()
    }
    expect(found).toContain('secret')
  },
)

test.skipIf(isMissing)(
  'a wrong password and an unknown certificate authority are refused',
  async () => {
    const refused = [
      connectionOf({ KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_PASSWORD: 'wrong' }),
      connectionOf({ KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_PASSWORD: 'wrong' }),
      { ...connectionOf({ KAFKA_SASL_MECHANISM: 'PLAIN' }), tls: {} },
    ]
    for (const connection of refused) {
      const admin = createTopicAdmin(connection, 'test')
      await expect(admin.listTopics()).rejects.toThrow(/^Kafka: /)
      await admin.close()
    }
  },
)
