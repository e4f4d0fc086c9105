import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DiskGuard } from './disk-guard.ts'
import { DiskReserve } from './disk-reserve.ts'

const MB = 1_000_000
const MIN_FREE = 10 * MB
const RESERVE = 8 * MB

let folder: string
let reserve: DiskReserve
let said: string[]
let switched: string[]
let isAway: boolean
/** Free bytes of a disk with an empty reserve. */
let space: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailyfeed-disk-'))
  reserve = new DiskReserve(join(folder, 'disk-reserve'), RESERVE)
  said = []
  switched = []
  isAway = false
  space = 1_000 * MB
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const freeBytes = async () => space - (await reserve.held())
const record = (name: string) => async () => {
  if (isAway) throw new Error('the database is away')
  switched.push(name)
}
const newGuard = () =>
  new DiskGuard({
    folder: '/data',
    reserve,
    minFree: MIN_FREE,
    say: (line) => void said.push(line),
    writes: { refuse: record('refuse'), accept: record('accept'), recycle: record('recycle') },
    freeBytes,
  })

/** A guard that has accepted writes and filled its reserve. */
async function guardOfEmptyDisk(): Promise<DiskGuard> {
  const guard = newGuard()
  await guard.check()
  await guard.check()
  switched = []
  return guard
}

test('a disk with space accepts writes and holds a reserve', async () => {
  const guard = newGuard()
  await guard.check()
  await guard.check()
  expect([switched, await reserve.held(), said]).toEqual([['accept'], RESERVE, []])
})

test('writes are refused below the threshold, with one line, and accepted again with another', async () => {
  const guard = await guardOfEmptyDisk()
  space = RESERVE + 9 * MB
  for (let check = 0; check < 5; check += 1) await guard.check()
  expect(switched).toEqual(['refuse', 'recycle'])
  expect(said).toEqual([
    'no space left on the disk of /data: 9 MB are free; writes are refused with 503 and reads go on until 26 MB are free',
  ])
  space = RESERVE + 25 * MB
  await guard.check()
  expect(guard.isRefusing, 'within the hysteresis').toBe(true)
  space = RESERVE + 27 * MB
  for (let check = 0; check < 5; check += 1) await guard.check()
  expect(switched).toEqual(['refuse', 'recycle', 'accept', 'recycle'])
  expect(said.slice(1)).toEqual([
    'the disk of /data has space again (27 MB are free); writes are accepted',
  ])
})

test('the reserve is given back in portions while the space shrinks, and filled again after', async () => {
  const guard = await guardOfEmptyDisk()
  space = RESERVE + 9 * MB
  await guard.check()
  expect(await reserve.held(), 'while there is enough').toBe(RESERVE)
  space = RESERVE + 4 * MB
  await guard.check()
  expect(await reserve.held()).toBe(2 * MB)
  expect(await freeBytes()).toBe(MIN_FREE)
  space = 500 * MB
  await guard.check()
  expect([await reserve.held(), guard.isRefusing]).toEqual([RESERVE, false])
})

test('a switch that fails is repeated, and the line is not', async () => {
  const guard = await guardOfEmptyDisk()
  space = RESERVE + 9 * MB
  isAway = true
  await guard.check().catch(() => {})
  await guard.check().catch(() => {})
  isAway = false
  await guard.check()
  expect([switched, said.length]).toEqual([['refuse', 'recycle'], 1])
})

test('a server that has to start on a full disk gets the reserve', async () => {
  const guard = await guardOfEmptyDisk()
  space = RESERVE + 4 * MB
  await guard.makeRoom()
  expect(await freeBytes()).toBe(space)
})

test('the log is recycled once when space becomes scarce', async () => {
  const guard = await guardOfEmptyDisk()
  space = RESERVE + 30 * MB
  await guard.check()
  await guard.check()
  expect(switched).toEqual(['recycle'])
})
