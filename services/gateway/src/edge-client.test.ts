import type { FastifyRequest } from 'fastify'
import { trustedFrontendsOf } from '@dailyfeed/http-server/trusted-frontends'
import { expect, test } from 'vitest'
import { edgeClientOf, type ForwardedHeader } from './edge-client.ts'

const FRONTENDS = trustedFrontendsOf('127.0.0.0/8, 10.1.0.0/16, 2001:db8:ff::/48')

function clientOf(
  headers: Record<string, string>,
  { peer = '127.0.0.1', header = 'auto' as ForwardedHeader } = {},
) {
  const raw = { headers: { host: 'edge:8080', ...headers }, socket: { remoteAddress: peer } }
  return edgeClientOf({ raw } as FastifyRequest, {
    TRUSTED_FRONTENDS: FRONTENDS,
    FORWARDED_HEADER: header,
  })
}

test.each([
  ['a bare IPv4 address', '203.0.113.9', '203.0.113.9'],
  ['a port', '203.0.113.9:52144', '203.0.113.9'],
  ['a bare IPv6 address', '2001:db8::1', '2001:db8::1'],
  ['brackets', '[2001:db8::1]', '2001:db8::1'],
  ['brackets and a port', '[2001:db8::1]:4711', '2001:db8::1'],
  ['quotes', '"[2001:db8::1]:4711"', '2001:db8::1'],
  ['a mapped IPv4 address', '::ffff:203.0.113.9', '203.0.113.9'],
  ['a mapped IPv4 address in brackets', '[::ffff:203.0.113.9]:80', '203.0.113.9'],
  ['a zone', 'fe80::1%eth0', 'fe80::1'],
  ['whitespace and empty elements', ' , 203.0.113.9\t,, 10.1.2.3 ,', '203.0.113.9'],
  ['a claim of the client at the left', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
  ['a trusted hop with a port', '203.0.113.9:1, 10.1.2.3:9', '203.0.113.9'],
  ['a trusted IPv6 hop', '203.0.113.9, [2001:db8:ff::1]:443', '203.0.113.9'],
  ['several trusted hops', '6.6.6.6, 203.0.113.9:1, 10.1.2.3, 127.0.0.1:9', '203.0.113.9'],
])('X-Forwarded-For with %s names its client: %s → %s', (_form, header, address) => {
  expect(clientOf({ 'x-forwarded-for': header })).toMatchObject({
    address,
    isTrustedFrontend: false,
  })
})

test.each([
  ['unknown', 'unknown', '127.0.0.1'],
  ['an obfuscated identifier', '_hidden', '127.0.0.1'],
  ['an address and rubbish', '203.0.113.9 x', '127.0.0.1'],
  ['an empty header', '', '127.0.0.1'],
  ['unknown before a trusted hop, and a claim before it', '6.6.6.6, unknown, 10.1.2.3', '10.1.2.3'],
  ['rubbish with dots and a port', '999.0.113.9:80', '127.0.0.1'],
])('for %s the client is the frontend that has not named it', (_what, header, address) => {
  expect(clientOf({ 'x-forwarded-for': header })).toMatchObject({
    address,
    isTrustedFrontend: true,
  })
})

test('a Forwarded header names client, scheme and host of the last hop that is not trusted', () => {
  const forwarded =
    'for=6.6.6.6;proto=http, For="[2001:db8::1]:4711";Proto=HTTPS;host="feed.example", for=10.1.2.3;proto=http'
  expect(clientOf({ forwarded })).toEqual({
    address: '2001:db8::1',
    block: '2001:db8:0:0::/64',
    isHttps: true,
    host: 'feed.example',
    isTrustedFrontend: false,
  })
  expect(clientOf({ forwarded: 'for=unknown' })).toMatchObject({ isTrustedFrontend: true })
  expect(clientOf({ forwarded: 'for=_secret, for=10.1.2.3' })).toMatchObject({
    address: '10.1.2.3',
  })
})

test('an unclosed quote in a claim of the client does not hide the hop behind it', () => {
  expect(clientOf({ forwarded: 'for="6.6.6.6, for=203.0.113.9' }).address).toBe('203.0.113.9')
})

test('X-Forwarded-For outranks Forwarded unless the setting names the one to read', () => {
  const headers = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=198.51.100.7' }
  const addressBy = (header: ForwardedHeader) => clientOf(headers, { header }).address
  expect(addressBy('auto')).toBe('203.0.113.9')
  expect(addressBy('x-forwarded-for')).toBe('203.0.113.9')
  expect(addressBy('forwarded')).toBe('198.51.100.7')
  expect(
    clientOf({ forwarded: 'for=198.51.100.7' }, { header: 'x-forwarded-for' }).isTrustedFrontend,
  ).toBe(true)
})

test('a peer that is no trusted frontend names nobody', () => {
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    forwarded: 'for=198.51.100.7;proto=https',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  }
  expect(clientOf(headers, { peer: '::ffff:192.0.2.1' })).toEqual({
    address: '192.0.2.1',
    block: '192.0.2.1',
    isHttps: false,
    host: 'edge:8080',
    isTrustedFrontend: false,
  })
})
