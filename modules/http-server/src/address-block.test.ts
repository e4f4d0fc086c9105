import { expect, test } from 'vitest'
import { addressBlockOf, plainAddress } from './address-block.ts'

test.each([
  ['an IPv4 address', '203.0.113.9', '203.0.113.9'],
  ['the loopback address', '::1', '0:0:0:0::/64'],
  ['an IPv6 address', '2001:db8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
  ['a shortened IPv6 address', '2001:db8::7:0:0:0:2', '2001:db8:0:7::/64'],
  ['capital letters and leading zeros', '2001:0DB8:0000:0007::A', '2001:db8:0:7::/64'],
  ['an address that ends in ::', '2001:db8:0:7::', '2001:db8:0:7::/64'],
  ['an address with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['a mapped IPv4 address', '::ffff:203.0.113.9', '203.0.113.9'],
  ['a mapped IPv4 address in hexadecimal', '0:0:0:0:0:FFFF:cb00:7109', '203.0.113.9'],
  ['an address of a translator', '64:ff9b::203.0.113.9', '203.0.113.9'],
  ['an address of a translator in hexadecimal', '64:ff9b::cb00:7109', '203.0.113.9'],
  ['a 6to4 address', '2002:cb00:7109:5::1', '203.0.113.9'],
  ['no address', 'unknown', 'unknown'],
])('the block of %s: %s → %s', (_what, address, block) => {
  expect(addressBlockOf(address)).toBe(block)
})

test('300 addresses of one /64 are one block, and the next /64 is another', () => {
  const blocks = Array.from({ length: 300 }, (_, n) =>
    addressBlockOf(`2001:db8:1:2:${n.toString(16)}:${(n * 7).toString(16)}::1`),
  )
  expect(new Set(blocks).size).toBe(1)
  expect(addressBlockOf('2001:db8:1:3::1')).not.toBe(blocks[0])
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['not:an:address', 'not:an:address'],
  ['', ''],
])('the plain form of %s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})
