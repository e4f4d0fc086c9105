import postgres from 'postgres'

/** Held while roles are created, so that two instances that start together do not collide. */
const ROLES_LOCK = 7_310_002

/** Returns the name of the role that a service logs in with. */
export const roleOf = (service: string) => `dailyfeed_${service}`

/**
 * Creates the login role of each service, or sets its password. This runs before the migrations,
 * because they grant privileges to these roles.
 *
 * @param passwords the password of each service, by the service's name
 */
export async function ensureRoles(
  ownerUrl: string,
  passwords: Record<string, string>,
): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    await sql.begin('read write', async (transaction) => {
      await transaction`select set_config('lock_timeout', '60000', true)`
      await transaction`select pg_advisory_xact_lock(${ROLES_LOCK})`
      for (const [service, password] of Object.entries(passwords)) {
        const role = roleOf(service)
        const [row] = await transaction<[{ create: string; alter: string; exists: boolean }]>`
          select format('create role %I login password %L', ${role}::text, ${password}::text) as create,
                 format('alter role %I login password %L', ${role}::text, ${password}::text) as alter,
                 exists (select from pg_roles where rolname = ${role}) as exists`
        await transaction.unsafe(row.exists ? row.alter : row.create)
      }
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
}
