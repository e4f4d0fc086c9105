import postgres from 'postgres'
import { CommandError } from './installation.ts'

/** The first administrator has nobody above to ask: whoever holds the database's key says who it is. */
export async function grantAdmin(ownerUrl: string, handle: string): Promise<{ id: number; handle: string; role: string }> {
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    const [row] = await sql<[{ id: string; handle: string; role: string }?]>`
      update member.member set role = 'ADMIN' where lower(handle) = ${handle.replace(/^@/, '').toLowerCase()} and withdrawn_at is null
      returning id, handle, role`
    if (row === undefined) throw new CommandError(`no member has the handle '${handle}'`)
    return { ...row, id: Number(row.id) }
  } finally {
    await sql.end({ timeout: 5 })
  }
}
