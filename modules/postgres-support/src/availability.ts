import type { Sql } from 'postgres'
import { isTransientFault } from './fault.ts'

/** The reason why a database cannot be used, in one sentence that names no address. */
interface Obstacle {
  sentence: string
  /** Whether probably a setting is wrong, or has nothing to refer to yet. */
  isMisconfiguration: boolean
}

const MISCONFIGURATIONS: Record<string, string> = {
  '28P01':
    'PostgreSQL refuses the login: the password of DATABASE_URL is wrong, or its role has not been created yet',
  '28000': 'PostgreSQL does not admit the login of DATABASE_URL from this address',
  '3D000': 'the database that DATABASE_URL names does not exist',
  ENOTFOUND: 'the host that DATABASE_URL names is unknown',
}
const OUTAGES: Record<string, string> = {
  '57P03': 'PostgreSQL is starting up, or recovers',
  '57P01': 'PostgreSQL is shutting down',
  '53300': 'PostgreSQL has no connection left for this login',
  ECONNREFUSED: 'PostgreSQL refuses connections',
  EAI_AGAIN: 'the host that DATABASE_URL names cannot be looked up at present',
  CONNECT_TIMEOUT: 'PostgreSQL does not answer',
  CONNECTION_SILENT: 'PostgreSQL does not answer',
  ETIMEDOUT: 'PostgreSQL does not answer',
  EHOSTUNREACH: 'PostgreSQL cannot be reached',
}

/** Undefined for an error that says nothing about the availability of the database. */
function databaseObstacleOf(error: unknown): Obstacle | undefined {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const misconfiguration = MISCONFIGURATIONS[code]
  if (misconfiguration !== undefined)
    return { sentence: misconfiguration, isMisconfiguration: true }
  if (OUTAGES[code] === undefined && !isTransientFault(error)) return undefined
  return {
    sentence: OUTAGES[code] ?? 'PostgreSQL ends its connections',
    isMisconfiguration: false,
  }
}

/**
 * The obstacle on which `work` fails, for the start of a service. Throws every error that says
 * nothing about the availability of the database.
 */
export async function databaseObstacleIn(
  work: () => Promise<unknown>,
): Promise<Obstacle | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    const obstacle = databaseObstacleOf(error)
    if (obstacle === undefined) throw error
    return obstacle
  }
}

const describe = (error: unknown): string =>
  databaseObstacleOf(error)?.sentence ?? 'PostgreSQL refuses the query of the health check'

/** The database for GET /healthz/ready. */
export const databaseDependency = (sql: Sql) => ({
  name: 'database',
  isRequired: true,
  check: async () => void (await sql`select 1`),
  describe,
})

/** A replica for GET /healthz/ready: without it, the primary serves its reads. */
export const replicaDependency = (replica: Sql) => ({
  ...databaseDependency(replica),
  name: 'replica',
  isRequired: false,
})
