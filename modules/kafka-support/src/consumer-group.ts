/** The consumer group of a service for one topic. Deleting a day then disturbs no other day. */
export const groupOf = (service: string, topic: string): string => `${service}.${topic}`
