import type { Queryable } from './queryable.ts'

/** Returns the id of this installation. Its database holds it in one row, which the migrations write. */
export type FindInstallation = () => Promise<string>

/** Reads the id once; after a failure the next call reads it again. */
export function createFindInstallation(sql: Queryable): FindInstallation {
  let known: string | undefined
  return async () => {
    known ??= await readInstallation(sql)
    return known
  }
}

async function readInstallation(sql: Queryable): Promise<string> {
  const [row] = await sql<[{ id: string }?]>`select id from event_support.installation`
  if (row === undefined)
    throw new Error('event_support.installation is empty; run the migrations, or insert its row')
  return row.id
}
