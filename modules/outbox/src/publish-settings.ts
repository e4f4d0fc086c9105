import { categoryOf, isPrivate, type OutboxType } from '@dailyfeed/contract/event-registry'
import { subscribersOf } from '@dailyfeed/contract/subscriptions'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { kafkaSettings } from '@dailyfeed/kafka-support/kafka-settings'
import Type, { type Static } from 'typebox'

const Transport = (things: string) =>
  Type.Optional(
    Type.Enum(['KAFKA', 'HTTP'], {
      description: `how events of ${things} travel; unset: KAFKA with KAFKA_BROKERS, else HTTP`,
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
      'how long events wait for brokers that are away before they go to the listeners over HTTP',
  }),
  EVENT_RECONCILE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 600,
    description:
      'age at which an event that was sent is asked after, and delivered again where it is missing',
  }),
}

const Settings = Type.Object(publishSettings)
export type PublishConfig = Static<typeof Settings>

/** Which destinations an event of a type is written for. */
export type DestinationsOf = (type: OutboxType) => string[]

export const KAFKA = 'kafka'

/** Each subscriber by itself: the embedded default. */
export const overHttp: DestinationsOf = (type) => (isPrivate(type) ? [] : [...subscribersOf(type)])

/** Throws ConfigurationError where Kafka is asked for and no brokers are set. */
export function destinationsOf(config: PublishConfig): DestinationsOf {
  const fallback = config.KAFKA_BROKERS === undefined ? 'HTTP' : 'KAFKA'
  const post = config.PUBLISH_TYPE_POST ?? fallback
  const comment = config.PUBLISH_TYPE_COMMENT ?? fallback
  for (const [name, transport] of [
    ['PUBLISH_TYPE_POST', post],
    ['PUBLISH_TYPE_COMMENT', comment],
  ])
    if (transport === 'KAFKA' && config.KAFKA_BROKERS === undefined)
      throw new ConfigurationError(
        `${name} is 'KAFKA', but KAFKA_BROKERS is not set; set the brokers, or ${name}=HTTP`,
      )
  return (type) => {
    if (isPrivate(type)) return []
    const category = categoryOf(type)
    // Likes travel as what is liked, and what members do as posts.
    const transport = category === 'COMMENT' || category === 'COMMENT_LIKE' ? comment : post
    return transport === 'KAFKA' ? [KAFKA] : overHttp(type)
  }
}
