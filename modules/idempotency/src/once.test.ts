import { DailyfeedError } from '@dailyfeed/contract/errors'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientOf } from '@dailyfeed/tests/http-client'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deleteOldKeys } from './idempotency-key.queries.ts'
import { createOnce } from './once.ts'

interface Context {
  sql: Sql
  wakeRelay: () => void
}

let database: TestDatabase
let sql: Sql
let app: HttpServer
/** The steps, in their order. */
let steps: string[]
let notesAtWake: Promise<string[]>[]
let effect: (sql: Queryable, text: string) => Promise<void>
let preparation: () => Promise<void>

const insertNote = async (transaction: Queryable, text: string) =>
  void (await transaction`insert into content.note (text) values (${text})`)

beforeAll(async () => {
  database = await testDatabase()
  await database.sql.unsafe(`
    create table content.note (id bigint generated always as identity, text text not null);
    grant select, insert on content.note to dailyfeed_content`)
  sql = openPool({ url: database.urlOf('content'), max: 4, name: 'once-test' })
  app = await createHttpServer({
    service: 'content',
    log: createLog('content', 'silent'),
  })
  const context: Context = {
    sql,
    wakeRelay() {
      steps.push('relay woken')
      notesAtWake.push(notes())
    },
  }
  const once = createOnce(app, 'content', context)
  app.post('/notes', { config: { access: 'PUBLIC' } }, (request, reply) =>
    once({
      request,
      reply,
      status: 201,
      owner: 'address:127.0.0.1',
      async action(within) {
        const { text } = request.body as { text: string }
        await effect(within.sql, text)
        within.wakeRelay()
        steps.push('action done')
        return { text, run: steps.length }
      },
    }),
  )
  app.post('/prepared-notes', { config: { access: 'PUBLIC' } }, (request, reply) =>
    once({
      request,
      reply,
      status: 201,
      owner: 'address:127.0.0.1',
      async prepare() {
        await preparation()
        steps.push('prepared')
        const { text } = request.body as { text: string }
        return async (within) => {
          await effect(within.sql, text)
          return { text }
        }
      },
    }),
  )
})
beforeEach(async () => {
  steps = []
  preparation = async () => {}
  notesAtWake = []
  effect = insertNote
  await database.sql`truncate content.note, content.idempotency_key`
})
afterAll(async () => {
  await app.close()
  await sql.end({ timeout: 1 })
  await database.drop()
})

const create = (text: string, key?: string, url = '/notes') =>
  ask(clientOf(app), {
    url,
    body: { text },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })
const notes = async () =>
  (await database.sql<{ text: string }[]>`select text from content.note order by id`).map(
    ({ text }) => text,
  )
const keys = async () =>
  (await database.sql<{ key: string }[]>`select key from content.idempotency_key`).length

test('the same key and body have one effect and get the first answer again, byte for byte', async () => {
  const first = await create('tea', 'k')
  const second = await create('tea', 'k')
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.bytes.equals(first.bytes)).toBe(true)
  expect(await notes()).toEqual(['tea'])
})

test('the same key with another body is refused with 422 and has no effect', async () => {
  await create('tea', 'k')
  const other = await create('coffee', 'k')
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  expect(await notes()).toEqual(['tea'])
})

test('requests without a key are independent of each other', async () => {
  await create('tea')
  await create('tea')
  expect([await notes(), await keys()]).toEqual([['tea', 'tea'], 0])
})

test('concurrent duplicates have one effect, and all get the same answer', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => create('tea', 'k')))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201))
  expect(new Set(answers.map(({ body }) => JSON.stringify(body.data))).size).toBe(1)
  expect(await notes()).toEqual(['tea'])
})

test('a duplicate waits for the transaction of another process that holds its key', async () => {
  const holds = Promise.withResolvers<void>()
  const held = database.sql.begin(async (transaction) => {
    await transaction`
      insert into content.idempotency_key (owner, key, fingerprint)
      values ('address:127.0.0.1', 'k', ''::bytea)`
    await holds.promise
    throw new Error('rolled back')
  })
  held.catch(() => {})
  await eventually('the key is held', async () => {
    const [row] = await database.sql`
      select 1 from pg_locks join pg_class on pg_class.oid = relation
      where relname = 'idempotency_key' and mode = 'RowExclusiveLock'`
    return row !== undefined
  })
  const answer = create('tea', 'k')
  await eventually('the duplicate waits for the lock', async () => {
    const [row] = await database.sql`
      select 1 from pg_stat_activity
      where application_name = 'once-test' and wait_event_type = 'Lock'`
    return row !== undefined
  })
  expect(await notes()).toEqual([])
  holds.resolve()
  expect((await answer).status).toBe(201)
  expect(await notes()).toEqual(['tea'])
})

test('a refused action rolls back its effect and its key, which then can be used again', async () => {
  effect = async (transaction, text) => {
    await insertNote(transaction, text)
    throw new DailyfeedError('POST_NOT_FOUND')
  }
  expect((await create('tea', 'k')).status).toBe(404)
  expect([await notes(), await keys()]).toEqual([[], 0])
  effect = insertNote
  expect((await create('coffee', 'k')).status).toBe(201)
  expect(await notes()).toEqual(['coffee'])
})

test('the relay is woken once, after the commit, and not for a repeated answer', async () => {
  let notesInAction: string[] | undefined
  effect = async (transaction, text) => {
    await insertNote(transaction, text)
    notesInAction = await notes()
  }
  await create('tea', 'k')
  await create('tea', 'k')
  expect(steps).toEqual(['action done', 'relay woken'])
  expect(notesInAction).toEqual([])
  expect(await Promise.all(notesAtWake)).toEqual([['tea']])
})

test('without a key the action wakes the relay itself', async () => {
  await create('tea')
  expect(steps).toEqual(['relay woken', 'action done'])
})

test('an expired key counts as free', async () => {
  await create('tea', 'k')
  await database.sql`update content.idempotency_key set created_at = now() - interval '25 hours'`
  expect((await create('coffee', 'k')).status).toBe(201)
  expect(await notes()).toEqual(['tea', 'coffee'])
})

test.each(['', 'x'.repeat(256), 'café'])(
  'the malformed key %j is refused with 400',
  async (key) => {
    const { status, body } = await create('tea', key)
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(await notes()).toEqual([])
  },
)

test('no connection is in a transaction while a creation is prepared', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  preparation = () => promise
  const answer = create('tea', 'k', '/prepared-notes')
  await eventually('the key was looked up', async () => {
    const rows = await database.sql`
      select from pg_stat_activity
      where application_name = 'once-test' and query like '%idempotency_key%' and state = 'idle'`
    return rows.length > 0
  })
  expect([
    ...(await database.sql`
      select state from pg_stat_activity
      where application_name = 'once-test' and state like '%transaction%'`),
  ]).toEqual([])
  resolve()
  expect((await answer).status).toBe(201)
  expect(await notes()).toEqual(['tea'])
})

test('a repeated creation is not prepared again; the same key with another body is refused', async () => {
  const first = await create('tea', 'k', '/prepared-notes')
  const second = await create('tea', 'k', '/prepared-notes')
  expect(second.bytes.equals(first.bytes)).toBe(true)
  expect((await create('coffee', 'k', '/prepared-notes')).status).toBe(422)
  expect([steps, await notes()]).toEqual([['prepared', 'relay woken'], ['tea']])
})

test('a creation without a key is prepared, too', async () => {
  expect((await create('tea', undefined, '/prepared-notes')).status).toBe(201)
  expect([steps, await notes()]).toEqual([['prepared'], ['tea']])
})

test('expired keys are deleted in parts, until none is left', async () => {
  await database.sql`
    insert into content.idempotency_key (owner, key, fingerprint, answer, created_at)
    select 'member:1', 'k' || n, ''::bytea, '{}', now() - interval '25 hours'
    from generate_series(1, 2500) n`
  await create('tea', 'k')
  expect(await deleteOldKeys(database.sql, 'content')).toBe(2_500)
  expect(await keys()).toBe(1)
})
