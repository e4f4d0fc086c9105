import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendRaw, startGateway, startUpstream, type Upstream } from '../gateway-fixture.ts'

const webDir = mkdtempSync(join(tmpdir(), 'web-'))
let gateway: RunningService

beforeAll(async () => {
  mkdirSync(join(webDir, 'assets'))
  writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Dailyfeed</title>')
  writeFileSync(join(webDir, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(webDir, 'assets', 'main-abc123.js'), 'export {}')
  writeFileSync(join(webDir, '.built-from'), 'secret')
  gateway = await startGateway({ WEB_DIR: webDir })
})
afterAll(async () => {
  await gateway.close()
  rmSync(webDir, { recursive: true })
})

test('/ and every unknown path are the page of the web client, revalidated on each use', async () => {
  for (const path of [
    '/',
    '/posts/1',
    '/profile/@kim',
    '/search?keyword=a',
    '/한글',
    '/posts/1/',
  ]) {
    const answer = await fetch(gateway.url + path)
    expect(
      [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')],
      path,
    ).toEqual([200, 'text/html; charset=utf-8', 'no-cache'])
    expect(await answer.text()).toContain('<title>Dailyfeed</title>')
  }
})

test('the page may run scripts of its own origin only', async () => {
  const { headers } = await fetch(gateway.url)
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'self';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' https: http: data: blob:;connect-src 'self';frame-ancestors 'none';base-uri 'none';form-action 'self'",
  )
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('hashed files are cached for a year, others are revalidated', async () => {
  const script = await fetch(`${gateway.url}/assets/main-abc123.js`)
  expect([script.headers.get('cache-control'), script.headers.get('content-type')]).toEqual([
    'public, max-age=31536000, immutable',
    'application/javascript; charset=utf-8',
  ])
  const icon = await fetch(`${gateway.url}/favicon.svg`)
  expect([icon.headers.get('cache-control'), icon.headers.get('content-type')]).toEqual([
    'no-cache',
    'image/svg+xml',
  ])
  // By hand, since fetch adds a Cache-Control of its own to a conditional request.
  const again = await sendRaw(
    gateway.url,
    `GET /favicon.svg HTTP/1.1\r\nHost: x\r\nIf-None-Match: ${icon.headers.get('etag')}\r\nConnection: close\r\n\r\n`,
  )
  expect(again).toMatch(/^HTTP\/1.1 304 /)
})

test('a missing hashed file is 404, not the page', async () => {
  const answer = await fetch(`${gateway.url}/assets/main-old.js`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND' })
})

test.each([
  '/../package.json',
  '/..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/assets/..%5c..%5cpackage.json',
  '/.built-from',
  '/%00',
])('nothing outside the built client is served: %s', async (path) => {
  const answer = await sendRaw(
    gateway.url,
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  )
  expect(answer).toMatch(/^HTTP\/1.1 (404|400|403|200) /)
  expect(answer).not.toContain('"dailyfeed"')
  expect(answer).not.toContain('secret')
  if (answer.startsWith('HTTP/1.1 200')) expect(answer).toContain('<title>Dailyfeed</title>')
})

test('HEAD of a page is answered, other methods are 405', async () => {
  expect((await fetch(gateway.url, { method: 'HEAD' })).status).toBe(200)
  const answer = await fetch(`${gateway.url}/posts`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
})

test('without a built client a plain page says how to build it', async () => {
  const later = mkdtempSync(join(tmpdir(), 'web-'))
  const own = await startGateway({ WEB_DIR: join(later, 'dist') })
  const answer = await fetch(own.url)
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('npx vite build web')
  mkdirSync(join(later, 'dist'))
  writeFileSync(join(later, 'dist', 'index.html'), 'built')
  expect(await (await fetch(own.url)).text()).toBe('built')
  await own.close()
  rmSync(later, { recursive: true })
})

test('with WEB_URL pages come from that server, which never receives the credential', async () => {
  const frontend: Upstream = await startUpstream('frontend', (app) =>
    app.get('/', async (_request, reply) =>
      reply.header('content-security-policy', 'its own').send('page'),
    ),
  )
  const own = await startGateway({ WEB_URL: frontend.url })
  const page = await fetch(own.url)
  expect([await page.text(), page.headers.get('content-security-policy')]).toEqual([
    'page',
    'its own',
  ])
  const other = (await (
    await fetch(`${own.url}/feed?x=1`, { headers: { cookie: 'a=1' } })
  ).json()) as { headers: Record<string, string>; url: string }
  expect(other.url).toBe('/feed?x=1')
  expect(other.headers['cookie']).toBe('a=1')
  expect(other.headers['x-internal-token']).toBeUndefined()
  expect((await fetch(`${own.url}/internal/x`)).status).toBe(404)
  expect((await fetch(`${own.url}/api/unknown`)).status).toBe(404)
  await frontend.app.close()
  expect((await fetch(`${own.url}/feed`)).status).toBe(503)
  await own.close()
})
