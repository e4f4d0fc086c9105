import { execFileSync } from 'node:child_process'
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@dailyfeed/platform/postgres/embedded-postgres'
import { roleOf } from '@dailyfeed/postgres-support/roles'
import postgres, { type Sql } from 'postgres'
import type { OwnDatabase } from './own-database.ts'

export interface Replica {
  server: EmbeddedPostgres
  /** The URL with the service's own login. */
  urlOf(service: keyof OwnDatabase['secrets']['databasePasswords']): string
  /** Stops the replay until `resume`: the replica answers with old data. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Resolves when the replica has replayed everything that is committed now. */
  caughtUp(): Promise<void>
  /** Ends the server; `restart` starts it again, on another port. */
  halt(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Files of a data folder that a copy must not contain. */
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

/** Starts a streaming replica of the database, beside it in the same folder. */
export async function startReplica(database: OwnDatabase): Promise<Replica> {
  const [from, folder] = [join(database.folder, 'postgres'), join(database.folder, 'replica')]
  await copyWhileItRuns(database, from, folder)
  const { username, password, port } = new URL(database.ownerUrl)
  const primaryConnection = [
    `host=127.0.0.1 port=${port} user=${username} password=${password}`,
    'application_name=replica',
  ].join(' ')
  const startServer = () =>
    startEmbeddedPostgres({
      folder,
      ownerPassword: database.secrets.databasePasswords.owner,
      settings: [
        `primary_conninfo=${primaryConnection}`,
        'primary_slot_name=replica',
        'hot_standby=on',
        'hot_standby_feedback=on',
      ],
    })
  let server = await startServer()
  const connect = () => postgres(server.urlOf('dailyfeed'), { max: 1, onnotice() {} })
  let replica = connect()
  const primary = postgres(database.ownerUrl, { max: 1, onnotice() {} })
  return {
    get server() {
      return server
    },
    urlOf: (service) =>
      server.urlOf('dailyfeed', {
        user: roleOf(service),
        password: database.secrets.databasePasswords[service],
      }),
    pause: async () => void (await replica`select pg_wal_replay_pause()`),
    resume: async () => void (await replica`select pg_wal_replay_resume()`),
    caughtUp: () => untilCaughtUp(primary, replica),
    halt: () => server.stop(),
    async restart() {
      server = await startServer()
      await replica.end({ timeout: 1 })
      replica = connect()
    },
    async stop() {
      await replica.end({ timeout: 1 })
      await server.stop()
      await primary`
        select pg_drop_replication_slot('replica')
          from pg_replication_slots where slot_name = 'replica' and not active`.catch(() => {})
      await primary.end({ timeout: 1 })
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

async function untilCaughtUp(primary: Sql, replica: Sql): Promise<void> {
  const [{ position }] = await primary<[{ position: string }]>`
    select pg_current_wal_flush_lsn()::text as position`
  for (;;) {
    const [row] = await replica<[{ reached: boolean }]>`
      select pg_last_wal_replay_lsn() >= ${position}::pg_lsn as reached`
    if (row.reached) return
    await sleep(10)
  }
}

/**
 * Copies the data folder like pg_basebackup, which the embedded binaries lack. The backup has to
 * start and stop in the same session.
 */
async function copyWhileItRuns({ ownerUrl }: OwnDatabase, from: string, to: string): Promise<void> {
  const session = postgres(ownerUrl, { max: 1, onnotice() {} })
  try {
    await session`select pg_create_physical_replication_slot('replica', true)`
    await session`select pg_backup_start('replica', true)`
    execFileSync('cp', ['-a', from, to])
    for (const name of NOT_COPIED) await rm(join(to, name), { recursive: true, force: true })
    const { uid, gid } = await stat(join(to, 'PG_VERSION'))
    const giveToServer = async (path: string) => chown(path, uid, gid)
    for (const name of NOT_COPIED.filter((name) => name.startsWith('pg_'))) {
      await mkdir(join(to, name), { mode: 0o700 })
      await giveToServer(join(to, name))
    }
    await mkdir(join(to, 'pg_wal', 'archive_status'), { mode: 0o700 })
    await giveToServer(join(to, 'pg_wal', 'archive_status'))
    const [backup] = await session<[{ labelfile: string }]>`
      select labelfile from pg_backup_stop(false)`
    for (const [name, content] of [
      ['backup_label', backup.labelfile],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(to, name), content)
      await giveToServer(join(to, name))
    }
  } finally {
    await session.end({ timeout: 1 })
  }
}
