import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { type Answer, ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { readImageConfigOrThrow } from './config.ts'
import type { ImageContext } from './context.ts'
import { imageApp } from './image-app.ts'
import { decodingQueue } from './processing/image-processing.ts'
import { FolderImageStore } from './storage/folder-image-store.ts'

export interface ImageFixture {
  app: HttpServer
  client: HttpClient
  database: TestDatabase
  tokens: TestTokens
  context: ImageContext
  /** The folder of the stored files. */
  folder: string
  upload(memberId: number, bytes: Buffer, options?: UploadOptions): Promise<Answer>
  view(id: string, options?: ViewOptions): Promise<Answer>
  close(): Promise<void>
}

interface UploadOptions {
  field?: string
  filename?: string
  type?: string
  url?: string
  authorization?: string
}

interface ViewOptions {
  query?: string
  method?: 'GET' | 'HEAD'
  headers?: Record<string, string>
}

export const MEMBER_TOKEN = 'the-token-of-member-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only!'

/** image-svc without a network: the real routes over a real database and a real folder. */
export async function imageFixture(settings: NodeJS.ProcessEnv = {}): Promise<ImageFixture> {
  const [database, tokens, folder] = await Promise.all([
    testDatabase(),
    testTokens(),
    mkdtemp(join(tmpdir(), 'image-store-')),
  ])
  const config = readImageConfigOrThrow({
    DATABASE_URL: database.urlOf('image'),
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    INTERNAL_TOKEN: 'the-token-of-image-svc-in-tests-only!',
    INTERNAL_CALLERS: `member:${hashOfToken(MEMBER_TOKEN)},batch:${hashOfToken(BATCH_TOKEN)}`,
    IMAGE_DIR: folder,
    RATE_LIMIT: 'off',
    ...settings,
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 4, name: 'image-test' })
  const context = {
    sql,
    verifier: tokens.verifier,
    store: new FolderImageStore(config.IMAGE_DIR),
    decoding: decodingQueue(),
  }
  const app = await imageApp({ config, context, log: createLog('image', config.LOG_LEVEL) })
  const client = clientOf(app, tokens.bearerOf)
  return {
    app,
    client,
    database,
    tokens,
    context,
    folder,
    async upload(
      memberId,
      bytes,
      {
        field = 'image',
        filename = 'photo',
        type = 'application/octet-stream',
        url = '/api/images/upload/profile',
        authorization,
      } = {},
    ) {
      const form = new FormData()
      form.set(field, new Blob([new Uint8Array(bytes)], { type }), filename)
      return ask(client, { as: authorization ?? memberId, url, body: form })
    },
    view: (id, { query = '', method = 'GET', headers = {} } = {}) =>
      ask(client, { method, url: `/api/images/view/${id}${query}`, headers }),
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
