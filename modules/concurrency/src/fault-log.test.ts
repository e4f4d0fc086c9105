import { expect, test } from 'vitest'
import { FaultLog } from './fault-log.ts'

const faultOf = (code: string) => Object.assign(new Error('no space left on device'), { code })

function logged() {
  const lines: object[] = []
  return { lines, log: { warn: (line: object) => void lines.push(line) } }
}

test('a fault is logged once a minute, with the number of those in between', () => {
  let now = 0
  const faults = new FaultLog(() => now)
  const { lines, log } = logged()
  for (let second = 0; second <= 60; second += 1) {
    now = second * 1_000
    faults.warn(log, faultOf('53100'), 'write failed')
  }
  expect(lines).toMatchObject([{ suppressed: 0 }, { suppressed: 59 }])
})

test('faults of different kinds are logged apart', () => {
  const faults = new FaultLog(() => 0)
  const { lines, log } = logged()
  for (const code of ['53100', '25006', '53100', 'ECONNREFUSED', '25006'])
    faults.warn(log, faultOf(code), 'write failed')
  expect(lines).toHaveLength(3)
})

test('after a hundred kinds, each is logged again', () => {
  const faults = new FaultLog(() => 0)
  const { lines, log } = logged()
  for (let kind = 0; kind <= 1_000; kind += 1)
    faults.warn(log, faultOf(String(kind)), 'write failed')
  expect(lines).toHaveLength(1_001)
  faults.warn(log, faultOf('0'), 'write failed')
  expect(lines).toHaveLength(1_002)
})
