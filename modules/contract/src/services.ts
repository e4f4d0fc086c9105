/**
 * Every service, in an order in which they can be migrated and started: each after those that its
 * views read.
 */
export const SERVICE_NAMES = [
  'member',
  'content',
  'timeline',
  'activity',
  'search',
  'image',
  'batch',
  'gateway',
] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

interface Service {
  /** Distance of the default port from the gateway's, as in the founding system. */
  portOffset: number
  /** Whether it owns a schema, and a database login that writes to that schema only; both bear its name. */
  hasSchema: boolean
  /**
   * Prefixes of the public paths that it answers, of one or two segments after `/api`. The gateway routes by them, and
   * the longer prefix takes precedence.
   */
  paths: readonly `/api/${string}`[]
  /** Services whose internal routes it calls. Only these callers are admitted there. */
  calls: readonly ServiceName[]
  /** Whether it stores data of members, which `memberEraseJob` must delete. */
  erasesMembers: boolean
  /** How calls to it are limited, repeated and broken off; the rules are in `modules/service-client/src/call-classes.ts`. */
  callClass: CallClass
}

/** Critical: every request may need it. Bulk: its work is large and can wait. */
export type CallClass = 'critical' | 'default' | 'bulk'

/**
 * The facts about each service from which the others follow: ports, schemas, logins, addresses, admitted callers and the
 * gateway's routes. Publishers and listeners of events follow from `EVENTS` (see `subscriptions.ts`).
 */
export const SERVICES = {
  member: {
    portOffset: 4,
    hasSchema: true,
    paths: ['/api/authentication', '/api/token', '/api/members'],
    calls: ['activity', 'image'],
    erasesMembers: true,
    callClass: 'critical',
  },
  content: {
    portOffset: 1,
    hasSchema: true,
    paths: ['/api/posts', '/api/comments'],
    calls: ['activity', 'search'],
    erasesMembers: true,
    callClass: 'default',
  },
  timeline: {
    portOffset: 2,
    hasSchema: true,
    paths: ['/api/timeline'],
    calls: ['activity', 'content'],
    erasesMembers: true,
    callClass: 'critical',
  },
  activity: {
    portOffset: 6,
    hasSchema: true,
    paths: [
      '/api/member-activities',
      '/api/activity',
      '/api/notifications',
      '/api/admin/moderation',
    ],
    calls: [],
    erasesMembers: true,
    callClass: 'default',
  },
  search: {
    portOffset: 3,
    hasSchema: true,
    paths: ['/api/search'],
    calls: [],
    erasesMembers: true,
    callClass: 'default',
  },
  image: {
    portOffset: 5,
    hasSchema: true,
    paths: ['/api/images'],
    calls: [],
    erasesMembers: true,
    callClass: 'bulk',
  },
  batch: {
    portOffset: 7,
    hasSchema: true,
    paths: ['/api/admin'],
    calls: ['member', 'content', 'timeline', 'search', 'image', 'activity'],
    erasesMembers: false,
    callClass: 'default',
  },
  gateway: {
    portOffset: 0,
    hasSchema: false,
    paths: [],
    calls: ['member', 'content', 'timeline', 'search', 'image', 'activity', 'batch'],
    erasesMembers: false,
    callClass: 'default',
  },
} as const satisfies Record<ServiceName, Service>

/** Services whose internal routes `Name` calls. */
export type CalledBy<Name extends ServiceName> = (typeof SERVICES)[Name]['calls'][number]

/** Services with a schema and a database login of their own. */
export type SchemaOwner = {
  [Name in ServiceName]: (typeof SERVICES)[Name]['hasSchema'] extends true ? Name : never
}[ServiceName]
export const SCHEMA_OWNERS: readonly SchemaOwner[] = SERVICE_NAMES.filter(
  (name): name is SchemaOwner => SERVICES[name].hasSchema,
)

type MemberDataOwner = {
  [Name in ServiceName]: (typeof SERVICES)[Name]['erasesMembers'] extends true ? Name : never
}[ServiceName]
/**
 * Services that delete members' data. member-svc comes last: the others read its rows to know which
 * members to erase.
 */
export const MEMBER_DATA_OWNERS: readonly MemberDataOwner[] = [
  ...SERVICE_NAMES.filter(
    (name): name is MemberDataOwner => SERVICES[name].erasesMembers && name !== 'member',
  ),
  'member',
]

export const DEFAULT_GATEWAY_PORT = 8080
export const defaultPortOf = (service: ServiceName): number =>
  DEFAULT_GATEWAY_PORT + SERVICES[service].portOffset

export type UrlSetting<Name extends ServiceName> = `${Uppercase<Name>}_URL`
/** The setting with which callers are given a service's base address: `MEMBER_URL` for member-svc. */
export const urlSettingOf = <Name extends ServiceName>(service: Name): UrlSetting<Name> =>
  `${service.toUpperCase() as Uppercase<Name>}_URL`

/** Services that may call the internal routes of `service`. */
export const callersOf = (service: ServiceName): ServiceName[] =>
  SERVICE_NAMES.filter((name) => (SERVICES[name].calls as readonly ServiceName[]).includes(service))
