/** Distance of each service's default port from the gateway's, as in the founding system. */
export const PORT_OFFSETS = {
  gateway: 0,
  content: 1,
  timeline: 2,
  search: 3,
  member: 4,
  image: 5,
  activity: 6,
  batch: 7,
} as const
export type ServiceName = keyof typeof PORT_OFFSETS
export const DEFAULT_GATEWAY_PORT = 8080

/** Which service answers which public path, by a prefix of one or two segments behind `/api`, the longer first: what the gateway routes by. */
export const PATH_TABLE: readonly (readonly [prefix: string, service: ServiceName])[] = [
  ['/api/authentication', 'member'],
  ['/api/token', 'member'],
  ['/api/members', 'member'],
  ['/api/posts', 'content'],
  ['/api/comments', 'content'],
  ['/api/timeline', 'timeline'],
  ['/api/search', 'search'],
  ['/api/images', 'image'],
  ['/api/member-activities', 'activity'],
  ['/api/activity', 'activity'],
  ['/api/notifications', 'activity'],
  ['/api/admin/moderation', 'activity'],
  ['/api/admin', 'batch'],
]
