import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isStopped, startTimeOf } from './process-identity.ts'

/** A server in a process of its own. Tests make it fail as machines do. */
export interface ServerProcess {
  /** The process id; undefined while the server does not run. */
  pid(): number | undefined
  /** Settles when the process exists; the server may not accept connections yet. */
  start(): Promise<void>
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>
  /** Sends SIGSTOP; settles when no thread of the process runs any more. */
  pause(): Promise<void>
  resume(): void
}

interface ServerProcessOptions {
  /** Folder of its log and process id. */
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
    // A paused process handles the signal only after it continues.
    child.kill('SIGCONT')
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MILLISECONDS)
    await ended
    clearTimeout(timer)
    await rm(pidFile, { force: true })
  }

  return {
    pid: () => (isRunning() ? child?.pid : undefined),
    async start() {
      await stopLeftOver(folder, pidFile)
      const log = await open(join(folder, 'server.log'), 'a')
      // In its own process group: Ctrl-C in a terminal must not reach it before the platform has stopped its services.
      child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
      child.once('error', () => {})
      await log.close()
      const { pid } = child
      // With its start time: another program may have the id by the time the file is read.
      if (pid !== undefined) await writeFile(pidFile, `${pid}\n${startTimeOf(pid)}\n`)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async pause() {
      const pid = isRunning() ? child?.pid : undefined
      if (pid === undefined) return
      isPaused = true
      process.kill(pid, 'SIGSTOP')
      // Threads stop one by one, and one of them may still answer a request in the meantime.
      while (isPaused && (await isStopped(pid)) === false) await sleep(5)
    },
    resume() {
      isPaused = false
      child?.kill('SIGCONT')
    },
  }
}

/** Stops a server left over from a killed platform: it still holds its ports and files. */
async function stopLeftOver(folder: string, pidFile: string): Promise<void> {
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
        `the server left over in ${folder} (process ${pid}) does not stop; stop it by hand`,
      )
    await sleep(100)
  }
}
