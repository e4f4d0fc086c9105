/** The consumer group of a service for one topic: each day has its own, so that deleting a day disturbs no other. */
export const groupOf = (service: string, topic: string): string => `${service}.${topic}`
