import { execFileSync } from 'node:child_process'
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@dailyfeed/platform/postgres/embedded-postgres'
import { roleOf } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'
import type { OwnDatabase } from './own-database.ts'

export interface Replica {
  server: EmbeddedPostgres
  /** The address with a service's own login. */
  urlOf(service: keyof OwnDatabase['secrets']['databasePasswords']): string
  /** It goes on answering, and shows nothing new until `resume`. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Settles when it has replayed all that is committed now. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

/** What a running server's folder holds that belongs to it alone. */
const NOT_COPIED = [
  'postmaster.pid',
  'postmaster.opts',
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_dynshmem',
]

/** A streaming replica of a database of one's own, in the same folder beside it. */
export async function startReplica(database: OwnDatabase): Promise<Replica> {
  const [from, folder] = [join(database.folder, 'postgres'), join(database.folder, 'replica')]
  await copyWhileItRuns(database, from, folder)
  const { username, password, port } = new URL(database.ownerUrl)
  const server = await startEmbeddedPostgres({
    folder,
    ownerPassword: database.secrets.databasePasswords.owner,
    settings: [
      `primary_conninfo=host=127.0.0.1 port=${port} user=${username} password=${password} application_name=replica`,
      'primary_slot_name=replica',
      'hot_standby=on',
      'hot_standby_feedback=on',
    ],
  })
  const here = postgres(server.urlOf('dailyfeed'), { max: 1, onnotice() {} })
  const primary = postgres(database.ownerUrl, { max: 1, onnotice() {} })
  return {
    server,
    urlOf: (service) =>
      server.urlOf('dailyfeed', {
        user: roleOf(service),
        password: database.secrets.databasePasswords[service],
      }),
    pause: async () => void (await here`select pg_wal_replay_pause()`),
    resume: async () => void (await here`select pg_wal_replay_resume()`),
    async caughtUp() {
      const [{ position }] = await primary<
        [{ position: string }]
      >`select pg_current_wal_flush_lsn()::text as position`
      for (;;) {
        const [row] = await here<
          [{ reached: boolean }]
        >`select pg_last_wal_replay_lsn() >= ${position}::pg_lsn as reached`
        if (row.reached) return
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    async stop() {
      await here.end({ timeout: 1 })
      await server.stop()
      await primary`select pg_drop_replication_slot('replica') from pg_replication_slots where slot_name = 'replica' and not active`.catch(
        () => {},
      )
      await primary.end({ timeout: 1 })
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** As pg_basebackup does, which the embedded binaries lack: begun and ended in one session. */
async function copyWhileItRuns({ ownerUrl }: OwnDatabase, from: string, to: string): Promise<void> {
  const session = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    await session`select pg_create_physical_replication_slot('replica', true)`
    await session`select pg_backup_start('replica', true)`
    execFileSync('cp', ['-a', from, to])
    for (const name of NOT_COPIED) await rm(join(to, name), { recursive: true, force: true })
    const { uid, gid } = await stat(join(to, 'PG_VERSION'))
    const own = async (path: string) => chown(path, uid, gid)
    for (const name of NOT_COPIED.filter((name) => name.startsWith('pg_'))) {
      await mkdir(join(to, name), { mode: 0o700 })
      await own(join(to, name))
    }
    await mkdir(join(to, 'pg_wal', 'archive_status'), { mode: 0o700 })
    await own(join(to, 'pg_wal', 'archive_status'))
    const [backup] = await session<
      [{ labelfile: string }]
    >`select labelfile from pg_backup_stop(false)`
    for (const [name, content] of [
      ['backup_label', backup.labelfile],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(to, name), content)
      await own(join(to, name))
    }
  } finally {
    await session.end({ timeout: 1 })
  }
}
