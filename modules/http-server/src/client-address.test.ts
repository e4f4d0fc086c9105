import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientOf } from './client-address.ts'
import { createHttpServer } from './create-http-server.ts'
import { createLog } from './log.ts'
import type { HttpServer } from './http-server.ts'
import { trustedFrontendsOf } from './trusted-frontends.ts'

const sent = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'feed.example',
  'x-trusted-frontend': 'true',
}
const own = {
  address: '127.0.0.1',
  block: '127.0.0.1',
  isHttps: false,
  host: 'svc:8084',
  isTrustedFrontend: false,
}
let app: HttpServer

beforeAll(async () => {
  app = await createHttpServer({
    service: 'any',
    log: createLog('test', 'silent'),
    callers: `gateway:${hashOfToken('of the gateway')},batch:${hashOfToken('of batch')}`,
  })
  app.get('/client', { config: { access: 'PUBLIC' } }, async (request) => clientOf(request))
})
afterAll(() => app.close())

const ask = async (headers: Record<string, string>) =>
  (await app.inject({ url: '/client', headers: { host: 'svc:8084', ...headers } })).json()

test('forwarding headers count beside the gateway’s credential', async () => {
  expect(await ask({ ...sent, 'x-internal-token': 'of the gateway' })).toEqual({
    address: '203.0.113.9',
    block: '203.0.113.9',
    isHttps: true,
    host: 'feed.example',
    isTrustedFrontend: true,
  })
})

test('forwarding headers of any other sender are ignored, also of another service', async () => {
  for (const headers of [
    sent,
    { ...sent, 'x-internal-token': 'wrong' },
    { ...sent, 'x-internal-token': 'of batch' },
  ])
    expect(await ask(headers)).toEqual(own)
})

test('a forwarded address that is not an IP address is ignored', async () => {
  expect(
    await ask({ ...sent, 'x-forwarded-for': 'here, there', 'x-internal-token': 'of the gateway' }),
  ).toEqual(own)
})

test('trusted frontends are addresses and CIDR ranges of IPv4 and IPv6', () => {
  const frontends = trustedFrontendsOf(' 10.0.0.0/8, 192.0.2.7 ,2001:db8::/32')
  expect(
    ['10.200.0.1', '192.0.2.7', '2001:db8:1::1'].map((address) => frontends.includes(address)),
  ).toEqual([true, true, true])
  expect(
    ['11.0.0.1', '192.0.2.8', '2001:db9::1', 'nonsense', ''].map((address) =>
      frontends.includes(address),
    ),
  ).toEqual([false, false, false, false, false])
  expect(trustedFrontendsOf('').includes('127.0.0.1')).toBe(false)
  for (const wrong of [
    '10.0.0.0/33',
    '10.0.0.0/',
    'proxy.example',
    '10.0.0.0/8/8',
    '2001:db8::/129',
  ])
    expect(() => trustedFrontendsOf(wrong), wrong).toThrow(TypeError)
})
