import postgres, { type Sql } from 'postgres'
import type { WriteSwitch } from '../disk/disk-guard.ts'

/**
 * Settings while writes are refused: sessions of services read only, as those of managed databases
 * with a full disk do, nothing is rewritten in the background, and refused statements are not
 * logged. Sessions of the owner may still write (`begin read write`), to make space.
 */
const WHILE_REFUSING = {
  default_transaction_read_only: 'on',
  autovacuum: 'off',
  log_min_messages: 'log',
}

/**
 * Switches the writes of the whole cluster, by settings that need neither a restart nor space.
 * `ownerUrl` returns undefined while there is no server.
 */
export function clusterWriteSwitch(ownerUrl: () => string | undefined): WriteSwitch {
  async function withServer(work: (sql: Sql) => Promise<unknown>): Promise<void> {
    const url = ownerUrl()
    if (url === undefined) throw new Error('the server does not run')
    // A connection of its own each time: switches are rare, and connections are few.
    const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice() {} })
    try {
      await work(sql)
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
  const settings = Object.entries(WHILE_REFUSING)
  return {
    refuse: () =>
      withServer(async (sql) => {
        for (const [name, value] of settings)
          await sql.unsafe(`alter system set ${name} = '${value}'`)
        await sql`select pg_reload_conf()`
      }),
    accept: () =>
      withServer(async (sql) => {
        const [row] = await sql<[{ isRefusing: boolean }]>`
          select current_setting('default_transaction_read_only')::boolean as "isRefusing"`
        if (!row.isRefusing) return
        for (const [name] of settings) await sql.unsafe(`alter system reset ${name}`)
        await sql`select pg_reload_conf()`
      }),
    recycle: () => withServer((sql) => sql`checkpoint`),
  }
}
