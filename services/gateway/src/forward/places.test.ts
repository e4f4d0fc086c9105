import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@dailyfeed/tests/eventually'
import { expect, test } from 'vitest'
import { type Entrant, Places } from './places.ts'

const log: string[] = []
const entrant = (name: string): Entrant => ({
  begin: () => void log.push(`${name} begins`),
  refuse: () => void log.push(`${name} is refused`),
})

test('entrants beyond the places wait in the order of their arrival', () => {
  log.length = 0
  const places = new Places({ count: 1, maxWaiting: 2, maxWaitMilliseconds: 60_000 })
  const [first, second] = [entrant('1'), entrant('2')]
  const [third, fourth] = [entrant('3'), entrant('4')]
  for (const one of [first, second, third, fourth]) places.enter(one)
  expect(log).toEqual(['1 begins', '4 is refused'])
  places.leave()
  places.withdraw(third)
  places.leave()
  expect(log).toEqual(['1 begins', '4 is refused', '2 begins'])
  expect([places.taken, places.waiting]).toEqual([0, 0])
})

test('an entrant that waits too long is refused, and a later one waits its own time', async () => {
  log.length = 0
  const places = new Places({ count: 1, maxWaiting: 9, maxWaitMilliseconds: 60 })
  places.enter(entrant('1'))
  places.enter(entrant('2'))
  await sleep(20)
  places.enter(entrant('3'))
  await eventually('the second is refused', () => log.includes('2 is refused'))
  await eventually('the third is refused, too', () => log.includes('3 is refused'))
  expect(log).toEqual(['1 begins', '2 is refused', '3 is refused'])
  places.leave()
  expect(places.taken).toBe(0)
})
