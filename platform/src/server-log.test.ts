import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openServerLog, trimLog } from './server-log.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailyfeed-log-'))
  path = join(folder, 'server.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a log is readable by its owner only, also when an earlier release created it', async () => {
  await writeFile(path, 'old\n', { mode: 0o644 })
  const log = await openServerLog(path)
  await log.close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toBe('old\n')
})

test('a log that grows too large is moved beside, and a server that has it open goes on', async () => {
  const log = await openServerLog(path)
  await log.write('x'.repeat(2_000))
  trimLog(path, 1_000)
  await log.write('next')
  await log.close()
  expect(await readFile(path, 'utf8')).toBe('next')
  expect((await readFile(`${path}.old`, 'utf8')).length).toBe(2_000)
  expect((await stat(`${path}.old`)).mode & 0o777).toBe(0o600)
})

test('a small log stays as it is', async () => {
  await writeFile(path, 'small')
  trimLog(path, 1_000)
  expect(await readFile(path, 'utf8')).toBe('small')
})
