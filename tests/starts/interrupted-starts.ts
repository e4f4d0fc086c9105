import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import { createRandom, type Random } from '../faults/seeded-random.ts'
import { ask, clientAt } from '../http-client.ts'
import { flagsOfStart } from '../node-flags.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { freePortRange } from '../platform-process.ts'
import { descendantsOf } from '../process-family.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Longer than a first start on a fast machine, so that some interruptions come after it. */
const LONGEST_DELAY = 8_000

const INTERRUPTIONS = ['KILL_FAMILY', 'KILL_ALONE', 'CTRL_C', 'SIGTERM'] as const
type Interruption = (typeof INTERRUPTIONS)[number]

/** Files that a power cut may leave half written, if they were not written durably. */
const HALVED = ['running.json', 'platform.lock', 'postgres.pid', 'postgres.log', 'disk-reserve']

export interface DemoCounts {
  members: number
  follows: number
  posts: number
  comments: number
  likes: number
}

export interface InterruptedStarts {
  /** One line per interruption. */
  done: string[]
  /** Sentences about what was not as it must be. */
  problems: string[]
  counts: DemoCounts
  /** Status of a login with what the complete start printed. */
  loginStatus: number
}

interface Options {
  seed: number
  interruptions: number
  onInterruption?: (line: string) => void
}

/**
 * Interrupts the first start of a platform at random moments, in random ways, then lets a start
 * complete, and reads what is in the database.
 */
export async function interruptStarts({
  seed,
  interruptions,
  onInterruption = () => {},
}: Options): Promise<InterruptedStarts> {
  const random = createRandom(seed)
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-starts-'))
  // The database does not run as root.
  chmodSync(folder, 0o711)
  const dataDir = join(folder, 'data')
  const port = await freePortRange()
  const done: string[] = []
  const problems: string[] = []
  try {
    for (let count = 0; count < interruptions; count += 1) {
      const line = await interruptOnce(dataDir, port, random, problems)
      done.push(line)
      onInterruption(line)
    }
    return { done, problems, ...(await completeStart(dataDir, port)) }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

interface Start {
  child: ChildProcess
  output(): string
  ended: Promise<number | null>
}

async function start(dataDir: string, port: number): Promise<Start> {
  const child = spawn(process.execPath, [...(await flagsOfStart()), 'platform/src/main.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      PORT: String(port),
      DATA_DIR: dataDir,
    },
    // A process group of its own, to which Ctrl-C is sent as by a terminal.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, ended }
}

async function interruptOnce(
  dataDir: string,
  port: number,
  random: Random,
  problems: string[],
): Promise<string> {
  const how = random.pick(INTERRUPTIONS)
  const delay = random.below(LONGEST_DELAY)
  const run = await start(dataDir, port)
  await sleep(delay)
  const family = await descendantsOf(run.child.pid ?? 0)
  interrupt(run.child, family, how)
  const code = await run.ended
  const lastLine = run.output().trim().split('\n').at(-1)
  const line = `${how} after ${delay} ms: ended with ${code}; printed last: ${lastLine}`
  if (/^\s+at |Error:/m.test(run.output()) || run.output().includes('cannot start'))
    problems.push(`${line}; the output was not quiet: ${run.output()}`)
  const isAsked = how === 'CTRL_C' || how === 'SIGTERM'
  // Before the first lines of the program run, a signal ends Node itself, and there are no children.
  if (isAsked && code !== 0 && code !== null) problems.push(`${line}; the exit code must be 0`)
  if (isAsked && processesIn(dataDir).length > 0)
    problems.push(`${line}; processes are left: ${processesIn(dataDir).join(' | ')}`)
  if (!isAsked && random.below(3) === 0) halve(dataDir, random)
  return line
}

function interrupt(child: ChildProcess, family: readonly number[], how: Interruption): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  if (how === 'CTRL_C') process.kill(-child.pid, 'SIGINT')
  else if (how === 'SIGTERM') child.kill('SIGTERM')
  else child.kill('SIGKILL')
  if (how !== 'KILL_FAMILY') return
  for (const pid of family)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended in the meantime.
    }
}

const processesIn = (dataDir: string) =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(dataDir))

function halve(dataDir: string, random: Random): void {
  const path = join(dataDir, random.pick(HALVED))
  if (existsSync(path)) truncateSync(path, Math.floor(statSync(path).size / 2))
}

async function completeStart(dataDir: string, port: number) {
  const run = await start(dataDir, port)
  try {
    const output = await eventually(
      'the platform is ready',
      () => {
        if (run.child.exitCode !== null)
          throw new Error(`the complete start ended with ${run.child.exitCode}:\n${run.output()}`)
        return run.output()
      },
      (text) => text.includes('Ctrl-C stops it'),
      { timeoutMs: 240_000 },
    )
    const [, email, password] = /Demo login: +(\S+) \/ (\S+)/.exec(output) ?? []
    const login = await ask(clientAt(`http://127.0.0.1:${port}`), {
      url: '/api/authentication/login',
      body: { email, password },
    })
    const { ownerUrl } = JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8'))
    return { loginStatus: login.status, counts: await countDemoData(ownerUrl) }
  } finally {
    run.child.kill('SIGTERM')
    await run.ended
  }
}

async function countDemoData(ownerUrl: string): Promise<DemoCounts> {
  const sql = connectAsOwner(ownerUrl, 1)
  try {
    const [counts] = await sql<[DemoCounts]>`
      select (select count(*) from member.member) as members,
             (select count(*) from member.follow) as follows,
             (select count(*) from content.post) as posts,
             (select count(*) from content.comment) as comments,
             (select count(*) from content.post_like where liked) as likes`
    return counts
  } finally {
    await sql.end({ timeout: 1 })
  }
}
