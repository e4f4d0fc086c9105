import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { standsStill, startTimeOf } from './process-identity.ts'

/** A server in a process of its own, that can be made to fail as machines do. */
export interface ServerProcess {
  /** Undefined while it does not run. */
  pid(): number | undefined
  /** Settles when the process is there, which is before it answers. */
  start(): Promise<void>
  /** SIGTERM, and waits. */
  stop(): Promise<void>
  /** SIGKILL, and waits. */
  kill(): Promise<void>
  /** SIGSTOP: it is there and says nothing, from when this settles. */
  pause(): Promise<void>
  resume(): void
}

interface ServerProcessOptions {
  /** For its log and its process id. */
  folder: string
  command: string
  args: readonly string[]
}

const STOP_MILLISECONDS = 30_000

export function serverProcessOf({ folder, command, args }: ServerProcessOptions): ServerProcess {
  const pidFile = join(folder, 'pid')
  let child: ChildProcess | undefined
  let isPaused = false
  const isRunning = () =>
    child !== undefined && child.exitCode === null && child.signalCode === null

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || !isRunning()) return
    const ended = once(child, 'exit')
    child.kill(signal)
    // One that is paused ends only when it goes on.
    child.kill('SIGCONT')
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MILLISECONDS)
    await ended
    clearTimeout(timer)
    await rm(pidFile, { force: true })
  }

  return {
    pid: () => (isRunning() ? child?.pid : undefined),
    async start() {
      await endLeftOver(folder, pidFile)
      const log = await open(join(folder, 'server.log'), 'a')
      // In a process group of its own: Ctrl-C in a terminal must reach it only through us, after the last request.
      child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
      child.once('error', () => {})
      await log.close()
      const { pid } = child
      // With the moment of its start: the id alone may be another program's by the time it is read again.
      if (pid !== undefined) await writeFile(pidFile, `${pid}\n${startTimeOf(pid)}\n`)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async pause() {
      const pid = isRunning() ? child?.pid : undefined
      if (pid === undefined) return
      isPaused = true
      process.kill(pid, 'SIGSTOP')
      // Its threads stop one by one, and one may still answer what comes meanwhile.
      while (isPaused && (await standsStill(pid)) === false) await sleep(5)
    },
    resume() {
      isPaused = false
      child?.kill('SIGCONT')
    },
  }
}

/** One whose platform was killed still holds its ports and files. */
async function endLeftOver(folder: string, pidFile: string): Promise<void> {
  const [id = '', startedAt = ''] = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')
  const pid = Number(id)
  if (!Number.isSafeInteger(pid) || pid <= 1 || startedAt === '') return
  const isThatServer = () => startTimeOf(pid) === startedAt
  if (!isThatServer()) return
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; isThatServer(); waited += 100) {
    if (waited === STOP_MILLISECONDS) process.kill(pid, 'SIGKILL')
    if (waited > STOP_MILLISECONDS + 5_000)
      throw new Error(
        `the server left over in ${folder} (process ${pid}) does not end; end it by hand`,
      )
    await sleep(100)
  }
}
