import { expect, test } from 'vitest'
import { deviceText } from './deviceText.ts'

const WINDOWS_EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0'
const IPHONE_SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Safari/604.1'
const ANDROID_SAMSUNG =
  'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0 Mobile Safari/537.36'

test.each([
  [WINDOWS_EDGE, 'Edge · Windows'],
  [IPHONE_SAFARI, 'Safari · iOS'],
  [ANDROID_SAMSUNG, 'Samsung Internet · Android'],
  ['curl/8.10', 'curl'],
  ['', undefined],
  [null, undefined],
])('%s', (userAgent, expected) => {
  expect(deviceText(userAgent)).toBe(expected)
})
