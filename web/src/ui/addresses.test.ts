import { expect, test } from 'vitest'
import { splitAtAddresses } from './addresses.ts'

const addressesIn = (text: string) =>
  splitAtAddresses(text).flatMap((part) => (part.isAddress ? [part.text] : []))

test.each([
  ['See https://example.com/a?b=c#d.', ['https://example.com/a?b=c#d']],
  ['(https://example.com)', ['https://example.com']],
  ['“http://example.com/a,” she said', ['http://example.com/a']],
  ['https://a.example와 https://b.example!', ['https://a.example와', 'https://b.example']],
  ['javascript:alert(1) ftp://example.com example.com', []],
  ['<https://example.com/"x>', ['https://example.com/']],
])('%s', (text, expected) => {
  expect(addressesIn(text)).toEqual(expected)
})

test('the parts together are the text', () => {
  const text = 'One https://example.com, two\nhttps://example.com/2'
  expect(
    splitAtAddresses(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
})
