import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataDir } from './data-dir-lock.ts'

let folder: string
let children: ChildProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailyfeed-lock-'))
  children = []
})
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  for (const path of [folder, `${folder}-copy`, `${folder}-moved`])
    await rm(path, { recursive: true, force: true })
})

const MODULE = join(import.meta.dirname, 'data-dir-lock.ts')
const SCRIPT = `
  const { lockDataDir } = await import(process.argv[1])
  try {
    await lockDataDir(process.argv[2])
    console.log('locked')
    setInterval(() => {}, 1000)
  } catch (error) { console.log(error.message) }`

/** Locks in a process of its own, which then runs until it is killed. Returns its first line. */
async function lockElsewhere(path: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, MODULE, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return String(line).trim()
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  child?.kill('SIGKILL')
  if (child !== undefined) await once(child, 'exit')
}

test('one of many starts at once gets the folder, and the others name its process', async () => {
  await writeFile(join(folder, 'platform.lock'), '{"pid":999999,"startTime":"long ago"}')
  const lines = await Promise.all(Array.from({ length: 6 }, () => lockElsewhere(folder)))
  const holder = children[lines.indexOf('locked')]?.pid
  expect(lines.filter((line) => line === 'locked')).toHaveLength(1)
  for (const line of lines.filter((line) => line !== 'locked'))
    expect(line).toContain(`is in use by another dailyfeed (process ${holder})`)
})

test('a lock left by kill -9, or half written, is taken over', async () => {
  expect(await lockElsewhere(folder)).toBe('locked')
  await kill(children[0])
  await (await lockDataDir(folder)).release()
  await writeFile(join(folder, 'platform.lock'), '{"pid":')
  await (await lockDataDir(folder)).release()
})

test('a copy of a locked folder can be locked, and a moved one cannot', async () => {
  expect(await lockElsewhere(folder)).toBe('locked')
  await cp(folder, `${folder}-copy`, { recursive: true })
  await (await lockDataDir(`${folder}-copy`)).release()
  await rename(folder, `${folder}-moved`)
  await expect(lockDataDir(`${folder}-moved`)).rejects.toThrow('is in use by another dailyfeed')
})

test('the lock of a running earlier release is respected, and that of an ended one is not', async () => {
  const lock = await lockDataDir(folder)
  const { pid, startTime } = JSON.parse(await readFile(join(folder, 'platform.lock'), 'utf8'))
  await lock.release()
  await writeFile(join(folder, 'platform.lock'), JSON.stringify({ pid, startTime }))
  await expect(lockDataDir(folder)).rejects.toThrow(`(process ${pid})`)
  await writeFile(join(folder, 'platform.lock'), JSON.stringify({ pid, startTime: 'earlier' }))
  await (await lockDataDir(folder)).release()
})
