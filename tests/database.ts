import { randomBytes } from 'node:crypto'
import { roleOf } from '@dailyfeed/postgres-support/roles'
import postgres, { type Sql } from 'postgres'
import { inject } from 'vitest'
import { TEMPLATE, TEST_PASSWORD } from './database-cluster.ts'
import { connectAsOwner } from './owner-connection.ts'

export interface TestDatabase {
  ownerUrl: string
  /** The address with the login of one service. */
  urlOf(service: string): string
  /** The owner's connection: arranges rows, and reads what was stored. */
  sql: Sql
  drop(): Promise<void>
}

/** A fresh, migrated database for one test file. */
export async function testDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = postgres(templateUrl.replace(TEMPLATE, 'postgres'), { max: 1, onnotice() {} })
  // PostgreSQL copies a template only while nobody else uses it, and test files copy it in parallel.
  await admin`select pg_advisory_lock(1)`
  await admin.unsafe(`create database ${name} template ${TEMPLATE}`)
  await admin`select pg_advisory_unlock(1)`
  const ownerUrl = templateUrl.replace(TEMPLATE, name)
  const sql = connectAsOwner(ownerUrl, 4)
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
