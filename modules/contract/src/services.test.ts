import { expect, test } from 'vitest'
import {
  callersOf,
  MEMBER_DATA_OWNERS,
  SCHEMA_OWNERS,
  SERVICE_NAMES,
  SERVICES,
} from './services.ts'

test.each([
  ['member', ['batch', 'gateway']],
  ['content', ['timeline', 'batch', 'gateway']],
  ['timeline', ['batch', 'gateway']],
  ['activity', ['member', 'content', 'timeline', 'batch', 'gateway']],
  ['search', ['content', 'batch', 'gateway']],
  ['image', ['member', 'batch', 'gateway']],
  ['batch', ['gateway']],
  ['gateway', []],
] as const)('the internal routes of %s admit only %j', (service, callers) => {
  expect(callersOf(service)).toEqual(callers)
})

test('no two services share a port or a public path', () => {
  const offsets = SERVICE_NAMES.map((name) => SERVICES[name].portOffset)
  const paths = SERVICE_NAMES.flatMap((name) => [...SERVICES[name].paths])
  expect(new Set(offsets).size).toBe(offsets.length)
  expect(new Set(paths).size).toBe(paths.length)
})

test('every public path has one or two segments after /api, as the gateway looks them up', () => {
  const paths = SERVICE_NAMES.flatMap((name): readonly string[] => SERVICES[name].paths)
  expect(paths.filter((path) => !/^\/api(\/[a-z-]+){1,2}$/.test(path))).toEqual([])
})

test('member-svc migrates first and erases members last', () => {
  expect([SCHEMA_OWNERS[0], MEMBER_DATA_OWNERS.at(-1)]).toEqual(['member', 'member'])
})
