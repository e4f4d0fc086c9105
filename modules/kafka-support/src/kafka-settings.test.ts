import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { expect, test } from 'vitest'
import { type KafkaConfig, kafkaConnectionOf } from './kafka-settings.ts'

const config: KafkaConfig = {
  KAFKA_BROKERS: 'one:9092, [::1]:9093',
  KAFKA_ACKS: '1',
  KAFKA_REPLICATION_FACTOR: 1,
  KAFKA_TOPIC: 'member-activity',
  KAFKA_TLS: 'off',
}

test('KAFKA_BROKERS is optional, and lists host:port separated by commas', () => {
  const { KAFKA_BROKERS: _, ...without } = config
  expect(kafkaConnectionOf(without)).toBeUndefined()
  expect(kafkaConnectionOf(config)).toEqual({ brokers: ['one:9092', '[::1]:9093'] })
})

test('a login consists of mechanism, name and password', () => {
  expect(
    kafkaConnectionOf({
      ...config,
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    }),
  ).toMatchObject({
    sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' },
  })
})

test.each<[Partial<KafkaConfig>, string]>([
  [{ KAFKA_BROKERS: 'one' }, "KAFKA_BROKERS holds 'one'"],
  [{ KAFKA_BROKERS: 'one:99999' }, "KAFKA_BROKERS holds 'one:99999'"],
  [{ KAFKA_BROKERS: 'one:1,' }, "KAFKA_BROKERS holds ''"],
  [{ KAFKA_TLS_CA_FILE: '/ca.pem' }, 'KAFKA_TLS is off'],
  [{ KAFKA_TLS: 'on', KAFKA_TLS_CA_FILE: '/is/not/there.pem' }, 'must be a readable file'],
  [{ KAFKA_SASL_USERNAME: 'u' }, 'KAFKA_SASL_MECHANISM is not set'],
  [{ KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_PASSWORD: 'p' }, 'KAFKA_SASL_USERNAME is not set'],
  [{ KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'u' }, 'KAFKA_SASL_PASSWORD is not set'],
])('contradictory settings %j are rejected with one line', (changes, message) => {
  expect(() => kafkaConnectionOf({ ...config, ...changes })).toThrow(ConfigurationError)
  expect(() => kafkaConnectionOf({ ...config, ...changes })).toThrow(message)
})
