import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'
import { stopLeftOverServer } from './left-over-servers.ts'
import { identityOf, isStopped } from './process-identity.ts'
import { keepLogSmall, openServerLog } from './server-log.ts'

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
  /** Its working directory, with its log and process id. */
  folder: string
  command: string
  args: readonly string[]
}

const STOP_MILLISECONDS = 30_000

export function serverProcessOf({ folder, command, args }: ServerProcessOptions): ServerProcess {
  const pidFile = join(folder, 'pid')
  const logFile = join(folder, 'server.log')
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
      await stopLeftOverServer({ folder, program: command, signal: 'SIGTERM', pidFile })
      const log = await openServerLog(logFile)
      // In its own process group: Ctrl-C in a terminal must not reach it before the platform has stopped its services.
      child = spawn(command, args, {
        cwd: folder,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      })
      child.once('error', () => {})
      child.once('exit', keepLogSmall(logFile))
      await log.close()
      const { pid } = child
      // With its identity: another program may have the id by the time the file is read.
      if (pid !== undefined) replaceFileDurably(pidFile, `${pid}\n${identityOf(pid)}\n`)
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
