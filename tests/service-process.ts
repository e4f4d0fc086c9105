import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from './eventually.ts'

const ROOT = join(import.meta.dirname, '..')

export interface ServiceProcess {
  pid: number | undefined
  isRunning(): boolean
  signal(signal: NodeJS.Signals): void
  /** Sends a signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<void>
}

interface ServiceProcessOptions {
  /** The name of the service, which is its folder in `services/`. */
  service: string
  flags: readonly string[]
  /** A command and its arguments that run the process, for example in a control group. */
  launcher: readonly string[]
  env: Record<string, string | undefined>
  onOutput(text: string): void
}

/** Starts a service; resolves when it listens, and rejects when it ends before. */
export async function startServiceProcess({
  service,
  flags,
  launcher,
  env,
  onOutput,
}: ServiceProcessOptions): Promise<ServiceProcess> {
  const main = join('services', service, 'src', 'main.ts')
  const [command = '', ...args] = [...launcher, process.execPath, ...flags, main]
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      onOutput(String(chunk))
      output += chunk
    })
  try {
    await eventually(
      `${service} listens`,
      () => {
        if (!isRunning(child))
          throw new Error(`${service} ended with ${child.exitCode}:\n${output}`)
        return output
      },
      (text) => text.includes(' listens on '),
      { timeoutMs: 180_000 },
    )
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    pid: child.pid,
    isRunning: () => isRunning(child),
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      if (!isRunning(child)) return
      const ended = once(child, 'exit')
      child.kill(signal)
      // A stopped process handles the signal only once it continues.
      child.kill('SIGCONT')
      await ended
    },
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null
