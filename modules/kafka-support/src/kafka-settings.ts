import { readFileSync } from 'node:fs'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import Type, { type Static } from 'typebox'

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const BROKER = /^(?<host>[^\s:,]+|\[[0-9a-fA-F:]+\]):(?<port>\d{1,5})$/

/** Settings of every service that publishes or listens. Without brokers, events travel over HTTP. */
export const kafkaSettings = {
  KAFKA_BROKERS: Type.Optional(
    Type.String({
      maxLength: 2_000,
      description: 'host:port of Kafka brokers, separated by commas',
    }),
  ),
  KAFKA_ACKS: Type.Enum(['1', 'all'], {
    default: '1',
    description:
      'which acknowledgement a publisher waits for: 1 = the leader, all = every in-sync replica',
  }),
  KAFKA_REPLICATION_FACTOR: Type.Integer({
    minimum: 1,
    maximum: 9,
    default: 1,
    description: 'copies of each dated topic',
  }),
  KAFKA_TOPIC: Type.String({
    pattern: '^[a-zA-Z0-9._-]{1,200}$',
    default: 'member-activity',
    description: 'prefix of the names of dated topics',
  }),
  KAFKA_TLS: Type.Enum(['off', 'on'], {
    default: 'off',
    description: 'on to connect to the brokers with TLS',
  }),
  KAFKA_TLS_CA_FILE: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'PEM file of the authority that signed the brokers’ certificates',
    }),
  ),
  KAFKA_SASL_MECHANISM: Type.Optional(
    Type.Enum([...mechanisms], { description: 'how to log in to the brokers' }),
  ),
  KAFKA_SASL_USERNAME: Type.Optional(
    Type.String({ maxLength: 200, description: 'login name at the brokers' }),
  ),
  KAFKA_SASL_PASSWORD: Type.Optional(Type.String({ maxLength: 500, description: 'its password' })),
}

const Settings = Type.Object(kafkaSettings)
export type KafkaConfig = Static<typeof Settings>

/** Address and login of the cluster. */
export interface KafkaConnection {
  /** host:port */
  brokers: string[]
  tls?: { ca?: string }
  sasl?: { mechanism: (typeof mechanisms)[number]; username: string; password: string }
}

/**
 * Returns undefined if no brokers are set. Throws ConfigurationError with a message of one line on
 * contradictory settings.
 */
export function kafkaConnectionOf(config: KafkaConfig): KafkaConnection | undefined {
  if (config.KAFKA_BROKERS === undefined) return undefined
  const brokers = config.KAFKA_BROKERS.split(',').map((broker) => broker.trim())
  const wrong = brokers.find(
    (broker) => !BROKER.test(broker) || Number(BROKER.exec(broker)?.groups?.['port']) > 65_535,
  )
  if (wrong !== undefined)
    throw new ConfigurationError(`KAFKA_BROKERS holds '${wrong}'; each broker must be host:port`)
  return { brokers, ...tlsOf(config), ...saslOf(config) }
}

function tlsOf({ KAFKA_TLS, KAFKA_TLS_CA_FILE }: KafkaConfig): Pick<KafkaConnection, 'tls'> {
  if (KAFKA_TLS === 'off') {
    if (KAFKA_TLS_CA_FILE !== undefined)
      throw new ConfigurationError(
        'KAFKA_TLS_CA_FILE is set, but KAFKA_TLS is off; set KAFKA_TLS=on, or leave the file out',
      )
    return {}
  }
  if (KAFKA_TLS_CA_FILE === undefined) return { tls: {} }
  try {
    return { tls: { ca: readFileSync(KAFKA_TLS_CA_FILE, 'utf8') } }
  } catch {
    throw new ConfigurationError(
      `KAFKA_TLS_CA_FILE is '${KAFKA_TLS_CA_FILE}'; it must be a readable file`,
    )
  }
}

function saslOf({
  KAFKA_SASL_MECHANISM,
  KAFKA_SASL_USERNAME,
  KAFKA_SASL_PASSWORD,
}: KafkaConfig): Pick<KafkaConnection, 'sasl'> {
  if (KAFKA_SASL_MECHANISM === undefined) {
    if (KAFKA_SASL_USERNAME !== undefined || KAFKA_SASL_PASSWORD !== undefined)
      throw new ConfigurationError(
        `KAFKA_SASL_MECHANISM is not set; with a login it must be ${mechanisms.join(' or ')}`,
      )
    return {}
  }
  if (KAFKA_SASL_USERNAME === undefined)
    throw new ConfigurationError(
      `KAFKA_SASL_USERNAME is not set; with ${KAFKA_SASL_MECHANISM} it must be the login name`,
    )
  if (KAFKA_SASL_PASSWORD === undefined)
    throw new ConfigurationError(
      `KAFKA_SASL_PASSWORD is not set; with ${KAFKA_SASL_MECHANISM} it must be the password`,
    )
  return {
    sasl: {
      mechanism: KAFKA_SASL_MECHANISM,
      username: KAFKA_SASL_USERNAME,
      password: KAFKA_SASL_PASSWORD,
    },
  }
}
