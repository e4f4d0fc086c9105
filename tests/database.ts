import { randomBytes } from 'node:crypto'
import { roleOf } from '@dailyfeed/postgres-support/roles'
import postgres, { type Sql } from 'postgres'
import { inject } from 'vitest'
import { TEMPLATE, TEST_PASSWORD } from './database-cluster.ts'

export interface TestDatabase {
  ownerUrl: string
  /** The address with a service's own login. */
  urlOf(service: string): string
  /** The owner's connection, for arranging and for looking at what was kept. */
  sql: Sql
  drop(): Promise<void>
}

const asNumber = { bigint: { to: 20, from: [20], parse: Number, serialize: String } }

/** A fresh, migrated database of this test file's own. */
export async function testDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = postgres(templateUrl.replace(TEMPLATE, 'postgres'), { max: 1, onnotice() {} })
  // Copying a template wants it to itself for a moment; other test files copy it too.
  await admin`select pg_advisory_lock(1)`
  await admin.unsafe(`create database ${name} template ${TEMPLATE}`)
  await admin`select pg_advisory_unlock(1)`
  const ownerUrl = templateUrl.replace(TEMPLATE, name)
  const sql = postgres(ownerUrl, { max: 4, types: asNumber, onnotice() {} }) as unknown as Sql
  return {
    ownerUrl,
    urlOf(service) {
      const url = new URL(ownerUrl)
      url.username = roleOf(service)
      url.password = TEST_PASSWORD
      return url.href
    },
    sql,
    async drop() {
      await sql.end({ timeout: 1 })
      await admin.unsafe(`drop database if exists ${name} with (force)`)
      await admin.end({ timeout: 1 })
    },
  }
}
