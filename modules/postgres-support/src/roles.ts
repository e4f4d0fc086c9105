import postgres from 'postgres'

export const roleOf = (service: string) => `dailyfeed_${service}`

/** The login role of each service, made before any migration, since migrations grant to them. A changed password is set anew. */
export async function ensureRoles(
  ownerUrl: string,
  passwords: Record<string, string>,
): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    await sql.begin(async (transaction) => {
      await transaction`select pg_advisory_xact_lock(7310002)`
      for (const [service, password] of Object.entries(passwords)) {
        const [row] = await transaction<[{ create: string; alter: string; exists: boolean }]>`
          select format('create role %I login password %L', ${roleOf(service)}::text, ${password}::text) as create,
                 format('alter role %I login password %L', ${roleOf(service)}::text, ${password}::text) as alter,
                 exists (select from pg_roles where rolname = ${roleOf(service)}) as exists`
        await transaction.unsafe(row.exists ? row.alter : row.create)
      }
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
}
