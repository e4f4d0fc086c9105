import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import { readImageConfigOrThrow } from './config.ts'
import type { ImageContext } from './context.ts'
import { imageApp } from './image-app.ts'
import { decodingQueue } from './processing/image-processing.ts'
import { FolderImageStore } from './storage/folder-image-store.ts'

export interface ImageFixture {
  app: HttpServer
  database: TestDatabase
  tokens: TestTokens
  context: ImageContext
  /** Where the store keeps its files. */
  folder: string
  upload(memberId: number, bytes: Buffer, options?: UploadOptions): Promise<Answer>
  view(
    id: string,
    options?: { query?: string; method?: 'GET' | 'HEAD'; headers?: Record<string, string> },
  ): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>
  ask(headers: Record<string, string>, url: string, payload: object | string): Promise<Answer>
  close(): Promise<void>
}

interface UploadOptions {
  field?: string
  filename?: string
  type?: string
  url?: string
  authorization?: string
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
  headers: Record<string, unknown>
}

export const MEMBER_TOKEN = 'the-token-of-member-svc-in-tests-only'
export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only!'

/** image-svc without its network: the real routes over a real database and a real folder. */
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
  return {
    app,
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
      const request = new Request('http://form.test', { method: 'POST', body: form })
      const headers = {
        authorization: authorization ?? (await tokens.bearerOf(memberId)),
        'content-type': request.headers.get('content-type') ?? '',
      }
      const answer = await app.inject({
        method: 'POST',
        url,
        headers,
        payload: Buffer.from(await request.arrayBuffer()),
      })
      return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
    },
    async view(id, { query = '', method = 'GET', headers = {} } = {}) {
      const answer = await app.inject({ method, url: `/api/images/view/${id}${query}`, headers })
      return { status: answer.statusCode, headers: answer.headers, bytes: answer.rawPayload }
    },
    async ask(headers, url, payload) {
      const answer = await app.inject({ method: 'POST', url, headers, payload })
      return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
    },
    async close() {
      await app.close()
      await sql.end({ timeout: 1 })
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
