import {
  type ActivityCategory,
  categoryOf,
  isPrivate,
  type OutboxType,
} from '@dailyfeed/contract/event-registry'
import { subscribersOf } from '@dailyfeed/contract/subscriptions'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { kafkaSettings } from '@dailyfeed/kafka-support/kafka-settings'
import Type, { type Static } from 'typebox'

const Transport = (subjects: string) =>
  Type.Optional(
    Type.Enum(['KAFKA', 'HTTP'], {
      description: `how events of ${subjects} are delivered; unset: KAFKA with KAFKA_BROKERS, else HTTP`,
    }),
  )

/** Settings of every service that publishes. */
export const publishSettings = {
  ...kafkaSettings,
  PUBLISH_TYPE_POST: Transport('posts, their likes, and members'),
  PUBLISH_TYPE_COMMENT: Transport('comments and their likes'),
  KAFKA_HANDOVER_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    default: 600,
    description:
      'seconds that events wait for unavailable brokers before they are delivered over HTTP',
  }),
  EVENT_RECONCILE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description:
      'age in seconds at which a sent event is checked, and delivered again if it took no effect',
  }),
}

const Settings = Type.Object(publishSettings)
export type PublishConfig = Static<typeof Settings>

/** The destinations that an event of a type is written for. */
export type DestinationsOf = (type: OutboxType) => string[]

export const KAFKA = 'kafka'

/** Each subscriber is a destination of its own: the default without Kafka. */
export const overHttp: DestinationsOf = (type) => (isPrivate(type) ? [] : [...subscribersOf(type)])

/**
 * The setting that applies to each category: likes follow the content that is liked, and members
 * follow posts.
 */
const SETTING_OF = {
  POST: 'PUBLISH_TYPE_POST',
  POST_LIKE: 'PUBLISH_TYPE_POST',
  COMMENT: 'PUBLISH_TYPE_COMMENT',
  COMMENT_LIKE: 'PUBLISH_TYPE_COMMENT',
  MEMBER: 'PUBLISH_TYPE_POST',
} as const satisfies Record<ActivityCategory, keyof PublishConfig>

/** Throws ConfigurationError if Kafka is configured as transport without brokers. */
export function destinationsOf(config: PublishConfig): DestinationsOf {
  const fallback = config.KAFKA_BROKERS === undefined ? 'HTTP' : 'KAFKA'
  for (const name of ['PUBLISH_TYPE_POST', 'PUBLISH_TYPE_COMMENT'] as const)
    if (config[name] === 'KAFKA' && config.KAFKA_BROKERS === undefined)
      throw new ConfigurationError(
        `${name} is 'KAFKA', but KAFKA_BROKERS is not set; set the brokers, or ${name}=HTTP`,
      )
  return (type) => {
    if (isPrivate(type)) return []
    const transport = config[SETTING_OF[categoryOf(type)]] ?? fallback
    return transport === 'KAFKA' ? [KAFKA] : overHttp(type)
  }
}
