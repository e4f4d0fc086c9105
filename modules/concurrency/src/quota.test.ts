import { expect, test } from 'vitest'
import { Quota } from './quota.ts'

test('a key gets its share and no more, while other keys still get theirs', () => {
  const quota = new Quota({ total: 10, perKey: 2 })
  expect([quota.tryTake('a'), quota.tryTake('a'), quota.tryTake('a')]).toEqual([
    'TAKEN',
    'TAKEN',
    'KEY_FULL',
  ])
  expect(quota.tryTake('b')).toBe('TAKEN')
  quota.release('a')
  expect(quota.tryTake('a')).toBe('TAKEN')
})

test('all keys together get the total and no more', () => {
  const quota = new Quota({ total: 100, perKey: 60 })
  expect(quota.tryTake('a', 60)).toBe('TAKEN')
  expect(quota.tryTake('b', 60)).toBe('FULL')
  expect(quota.tryTake('b', 40)).toBe('TAKEN')
  expect(quota.held).toBe(100)
  quota.release('a', 60)
  quota.release('b', 40)
  expect(quota.held).toBe(0)
  expect(quota.tryTake('b', 60)).toBe('TAKEN')
})
