import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTryRedis } from './try-redis.ts'

const COOLDOWN = 5_000
let logged: string[]
const log = {
  warn: (_fields: object, message: string) => void logged.push(message),
  info: (_fields: object, message: string) => void logged.push(message),
}

beforeEach(() => {
  logged = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a failure opens the circuit for the cooldown; the first success after it closes the circuit', async () => {
  const tryRedis = createTryRedis({ log, consequence: 'reads go to the database' })
  const fail = vi.fn(() => Promise.reject(new Error('down')))
  const succeed = vi.fn(() => Promise.resolve('answer'))
  expect(await tryRedis(succeed, 'fallback')).toBe('answer')
  expect(await tryRedis(fail, 'fallback')).toBe('fallback')
  expect(await tryRedis(succeed, 'fallback')).toBe('fallback')
  expect(succeed).toHaveBeenCalledTimes(1)

  vi.advanceTimersByTime(COOLDOWN)
  expect(await tryRedis(fail, 'fallback')).toBe('fallback')
  expect(fail).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(COOLDOWN)
  expect(await tryRedis(succeed, 'fallback')).toBe('answer')
  expect(logged).toEqual([
    'circuit open for Redis; next attempt in 5 s; reads go to the database',
    'Redis reachable again; circuit closed',
  ])
})

test('a command that does not settle within a second opens the circuit', async () => {
  const tryRedis = createTryRedis({ log, consequence: 'reads go to the database' })
  const hanging = tryRedis(() => new Promise<string>(() => {}), 'fallback')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await hanging).toBe('fallback')
  expect(await tryRedis(() => Promise.resolve('answer'), 'fallback')).toBe('fallback')
})
