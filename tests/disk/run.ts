import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPlatformProcess } from '../platform-process.ts'
import { mountSmallDisk } from '../small-disk.ts'
import { fillByWrites, logIn, lostAmong, writeOrStatus } from './filling-member.ts'

/**
 * `npm run test:disk`: writes fill a disk of 400 MB, of which 100 MB can be given back. Writes must
 * become 503 with Retry-After, every read succeed, no process end, and nothing acknowledged be lost.
 */
const MEGABYTES = 400
const HELD_BACK = 100_000_000
const SECONDS_FULL = 45

const say = (line: string) => void process.stdout.write(`${line}\n`)
const problems: string[] = []
function check(what: string, holds: boolean): void {
  say(`${holds ? 'ok      ' : 'PROBLEM '} ${what}`)
  if (!holds) problems.push(what)
}

const disk = mountSmallDisk(MEGABYTES)
if (disk === undefined) {
  process.stderr.write('this user cannot mount a file system; run it as root\n')
  process.exit(1)
}
disk.fillUpTo(disk.freeBytes() - HELD_BACK)
const dataDir = join(disk.folder, 'data')
await mkdir(dataDir)
const platform = await startPlatformProcess({ dataDir })
try {
  const member = await logIn(platform.url)
  say('writing until the disk is full…')
  const { acknowledged, refusals } = await fillByWrites(member)
  say(`refused after ${acknowledged.length} posts, with ${disk.freeBytes()} bytes free`)
  check(
    'the first refusals are 503 with Retry-After',
    refusals.every(({ status, retryAfter }) => status === 503 && retryAfter > 0),
  )
  const statuses = new Set<number>()
  for (let second = 0; second < SECONDS_FULL; second += 1) {
    statuses.add((await member.read(acknowledged[0] ?? 0)).status)
    const write = await writeOrStatus(member)
    if (write.id !== undefined) acknowledged.push(write.id)
    await sleep(1_000)
  }
  check(
    `every read succeeds while the disk is full: ${[...statuses]}`,
    [...statuses].every((status) => status === 200),
  )
  const log = await readFile(join(dataDir, 'postgres.log'), 'utf8')
  check('PostgreSQL did not panic', !log.includes('PANIC'))
  disk.empty()
  let waited = 0
  for (; waited < 60; waited += 1) {
    const { id } = await writeOrStatus(member)
    if (id !== undefined) {
      acknowledged.push(id)
      break
    }
    await sleep(1_000)
  }
  check(`writes are accepted ${waited} s after space was made`, waited < 60)
  check('every acknowledged post is there', (await lostAmong(member, acknowledged)) === 0)
  const lines = platform.output().split('\n')
  const said = lines.filter((line) => line.startsWith('no space left'))
  check(`the log says so once: ${said.join(' | ')}`, said.length === 1)
  check('no server ended', !lines.some((line) => line.includes('ended unexpectedly')))
} finally {
  await platform.stop({ keepData: true })
  disk.unmount()
}
process.exitCode = problems.length === 0 ? 0 : 1
