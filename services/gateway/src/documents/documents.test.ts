import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { SERVICES } from '@dailyfeed/contract/services'
import { successOf } from '@dailyfeed/http-server/envelope'
import Type from 'typebox'
import { afterAll, expect, test } from 'vitest'
import { startGateway, startUpstream } from '../gateway-fixture.ts'
import { UPSTREAM_NAMES } from '../upstreams.ts'
import type { OpenApiDocument } from './merge-documents.ts'

const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

async function startService(service: string, prefix: string): Promise<string> {
  const app = await createHttpServer({
    service,
    log: createLog('test', 'silent'),
  })
  const data = Type.Object({ id: Type.Integer(), note: Type.Union([Type.String(), Type.Null()]) })
  app.get(
    `${prefix}/:id`,
    {
      schema: {
        tags: [service],
        summary: 'One',
        params: Type.Object({ id: Type.Integer() }),
        response: { 200: successOf(data) },
      },
    },
    async () => ({ status: 200, result: 'SUCCESS' as const, data: { id: 1, note: null } }),
  )
  app.post(
    `${prefix}`,
    {
      config: { access: 'PUBLIC' },
      schema: { operationId: 'create', body: data, response: { 201: successOf(data) } },
    },
    async (_request, reply) =>
      reply.code(201).send({ status: 201, result: 'SUCCESS', data: { id: 1, note: null } }),
  )
  app.post('/internal/secret', { config: { access: 'INTERNAL' } }, async () => ({}))
  app.get('/api/elsewhere', async () => ({}))
  closing.push(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function startAll(settings: Record<string, string> = {}): Promise<string> {
  const urls = await Promise.all(
    UPSTREAM_NAMES.map(
      async (name) =>
        [`${name.toUpperCase()}_URL`, await startService(name, SERVICES[name].paths[0])] as const,
    ),
  )
  const gateway = await startGateway({ ...Object.fromEntries(urls), ...settings })
  closing.unshift(() => gateway.close())
  return gateway.url
}

test('/openapi.json lists all public paths in order, and no internal path', async () => {
  const url = await startAll()
  const answer = await fetch(`${url}/openapi.json`)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const document = (await answer.json()) as OpenApiDocument
  const paths = Object.keys(document.paths)
  expect(document.openapi).toBe('3.1.0')
  expect(document.servers).toEqual([expect.objectContaining({ url: '/' })])
  expect(paths).toEqual(
    UPSTREAM_NAMES.map((name) => SERVICES[name].paths[0])
      .flatMap((prefix) => [prefix, `${prefix}/{id}`])
      .sort(),
  )

  const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
  expect(operations).toHaveLength(14)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(14)
  for (const { responses } of operations)
    expect(responses?.['default']).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
    })
  expect(document.components?.schemas?.['Failure']).toMatchObject({
    type: 'object',
    required: expect.arrayContaining(['code', 'message', 'traceId']),
  })
})

test('every operation requires a bearer token unless it is public', async () => {
  const url = await startAll()
  const { paths, components } = (await (
    await fetch(`${url}/openapi.json`)
  ).json()) as OpenApiDocument
  expect(components?.securitySchemes).toEqual({
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  })
  expect(paths['/api/posts/{id}']?.get?.security).toEqual([{ bearer: [] }])
  expect(paths['/api/posts']?.post?.security).toEqual([])
})

test('every reference in the document resolves, and no marks of libraries are left', async () => {
  const url = await startAll()
  const text = await (await fetch(`${url}/openapi.json`)).text()
  const document = JSON.parse(text) as OpenApiDocument
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(document.components?.schemas).toHaveProperty([String(name)])
  expect(text).not.toMatch(/"~|"\$id"/)
})

test('while a service is unreachable there is no document instead of an incomplete one', async () => {
  const url = await startAll({ SEARCH_URL: 'http://127.0.0.1:1' })
  const answer = await fetch(`${url}/openapi.json`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
})

test('/docs shows that document and loads scripts from this server only', async () => {
  const upstream = await startUpstream('any')
  closing.push(() => upstream.app.close())
  const gateway = await startGateway()
  closing.unshift(() => gateway.close())
  for (const path of ['/docs', '/docs/']) {
    const page = await fetch(gateway.url + path)
    const html = await page.text()
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(html).not.toMatch(/<script(?![^>]*src=)/)
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await fetch(gateway.url + file)).status, file).toBe(200)
  }
  expect(await (await fetch(`${gateway.url}/docs/start.js`)).text()).toContain(
    "url: '/openapi.json'",
  )
  expect(
    (await fetch(`${gateway.url}/docs/swagger-ui-bundle.js`)).headers.get('content-type'),
  ).toBe('application/javascript; charset=utf-8')
})
