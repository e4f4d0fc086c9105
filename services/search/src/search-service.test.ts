import { insertPost } from '@dailyfeed/tests/content-rows'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { type KeySetServer, startKeySetServer } from '@dailyfeed/tests/key-set-server'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSearchConfigOrThrow } from './config.ts'
import { startSearchService } from './search-service.ts'

let database: TestDatabase
let keySet: KeySetServer

beforeAll(async () => {
  database = await testDatabase()
  keySet = await startKeySetServer()
})
afterAll(async () => {
  await keySet.stop()
  await database.drop()
})

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: database.urlOf('search'),
  LOG_LEVEL: 'silent',
  INTERNAL_TOKEN: 'x'.repeat(32),
  INTERNAL_CALLERS: `batch:${'0'.repeat(64)}`,
  CURSOR_KEY: 'x'.repeat(32),
  DATA_DIR: '/nonexistent',
  NODE_ENV: 'production',
  ...more,
})

test('posts written before the start of search-svc are indexed after it', async () => {
  const author = await insertMember(database.sql, 'author')
  const postId = await insertPost(database.sql, author, { content: '먼저 있던 글' })
  const config = readSearchConfigOrThrow(environment({ JWKS_URL: keySet.url }))
  const service = await startSearchService({ ...config, PORT: 0 })
  try {
    const client = clientAt(service.url)
    await service.untilReady()
    expect((await ask(client, { url: '/healthz/ready' })).status).toBe(200)
    const indexed = await eventually(
      'the post is indexed',
      () => database.sql<{ post_id: number }[]>`select post_id from search.post_index`,
      (rows) => rows.length > 0,
    )
    expect([...indexed]).toEqual([{ post_id: postId }])
  } finally {
    await service.close()
  }
})

test('a wrong or missing setting is refused in one line that names it', () => {
  expect(() => readSearchConfigOrThrow(environment({ DATABASE_READ_URL: 'mysql://x' }))).toThrow(
    'DATABASE_READ_URL is not acceptable; it must be a postgres:// address of a streaming replica',
  )
  expect(() => readSearchConfigOrThrow(environment({ DATABASE_URL: '' }))).toThrow(
    'DATABASE_URL is not set',
  )
  expect(() => readSearchConfigOrThrow(environment({ CURSOR_KEY: '' }))).toThrow(
    'CURSOR_KEY is not set',
  )
  expect(readSearchConfigOrThrow(environment()).PORT).toBe(8083)
})
