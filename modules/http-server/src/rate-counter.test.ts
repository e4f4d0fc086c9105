import { expect, test } from 'vitest'
import { RateCounter, secondsLeft } from './rate-counter.ts'

const policy = { name: 'writes', limit: 3, windowSeconds: 60 }
const MINUTE = 60_000
const START = 1_000

test('the window of a key begins with its first request and ends after its length', () => {
  const counter = new RateCounter(policy, { maxKeys: 10 })
  const totals = [0, 1, MINUTE - 1, MINUTE].map((after) => counter.count(7, START + after).total)
  expect(totals).toEqual([1, 2, 3, 1])
  expect(counter.count(8, START + MINUTE).total).toBe(1)
})

test('the seconds until a window ends are rounded up', () => {
  const counter = new RateCounter(policy, { maxKeys: 10 })
  const count = counter.count(7, START)
  const left = [0, 1, 30_000, MINUTE - 1].map((after) => secondsLeft(count, START + after))
  expect(left).toEqual([60, 60, 30, 1])
})

test('the number of keys is bounded: the oldest are dropped', () => {
  const counter = new RateCounter(policy, { maxKeys: 100 })
  for (let member = 1; member <= 1_000; member += 1) counter.count(member, START)
  expect(counter.size).toBeLessThanOrEqual(100)
  expect(counter.count(1_000, START).total).toBe(2)
  expect(counter.count(1, START).total).toBe(1)
})

test('a key whose window was renewed is kept when older ones are dropped', () => {
  const counter = new RateCounter(policy, { maxKeys: 10 })
  for (let member = 1; member <= 10; member += 1) counter.count(member, START)
  counter.count(1, START + MINUTE)
  for (let member = 11; member <= 19; member += 1) counter.count(member, START + MINUTE)
  expect(counter.size).toBe(10)
  expect(counter.count(1, START + MINUTE).total).toBe(2)
})

test('a map that was emptied and filled again drops its oldest keys again', () => {
  const counter = new RateCounter(policy, { maxKeys: 10 })
  for (let round = 0; round < 5; round += 1)
    for (let member = 0; member < 25; member += 1)
      counter.count(100 * round + member, START + 10 * round * MINUTE)
  expect(counter.size).toBeLessThanOrEqual(10)
  expect(counter.count(424, START + 40 * MINUTE).total).toBe(2)
  expect(counter.count(400, START + 40 * MINUTE).total).toBe(1)
})

test('keys whose window is over are dropped with the next new keys', () => {
  const counter = new RateCounter(policy, { maxKeys: 1_000 })
  for (let member = 1; member <= 100; member += 1) counter.count(member, START)
  for (let member = 101; member <= 160; member += 1) counter.count(member, START + MINUTE)
  expect(counter.size).toBe(60)
})

test('requests beyond the limit are counted as refusals', () => {
  const counter = new RateCounter(policy, { maxKeys: 10 })
  for (let n = 0; n < 5; n += 1) counter.count(7, START)
  expect(counter.refusals).toBe(2)
})

test('a count that could not be shared is handed over again, but not in the next window', () => {
  let calls = 0
  const counter = new RateCounter(policy, { maxKeys: 10, onUnshared: () => (calls += 1) })
  counter.count(7, START)
  counter.count(7, START)
  expect(calls).toBe(1)
  const [taken] = counter.takeUnshared(10)
  expect(taken).toEqual({ key: 7, requests: 2, endsAt: START + MINUTE })
  counter.count(7, START)
  counter.putBack(7, 2, START + MINUTE)
  expect(counter.takeUnshared(10)).toMatchObject([{ key: 7, requests: 3 }])
  counter.count(7, START + MINUTE)
  counter.putBack(7, 3, START + MINUTE)
  expect(counter.takeUnshared(10)).toMatchObject([{ key: 7, requests: 1 }])
})

test('a key is shared once it has used a twentieth of its limit', () => {
  const counter = new RateCounter({ ...policy, limit: 100 }, { maxKeys: 10, onUnshared() {} })
  for (let n = 0; n < 4; n += 1) counter.count(7, START)
  expect(counter.takeUnshared(10)).toEqual([])
  counter.count(7, START)
  expect(counter.takeUnshared(10)).toMatchObject([{ key: 7, requests: 5 }])
})

test('the total of all processes replaces a smaller own one, and requests since then are added', () => {
  const counter = new RateCounter(policy, { maxKeys: 10, onUnshared() {} })
  counter.count(7, START)
  counter.takeUnshared(10)
  counter.count(7, START)
  counter.merge(7, 5, START + 10_000)
  expect(counter.count(7, START)).toMatchObject({ total: 7, endsAt: START + 10_000 })
  expect(counter.count(7, START + 10_000).total).toBe(1)
})
