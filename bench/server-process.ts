import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ServerProcess {
  /** The first line that the process printed: its address, or what the file says. */
  line: string
  pid: number
  stop(): Promise<void>
}

/**
 * Runs a file of the bench as a server in a separate process, with the given V8 flags and one
 * argument. Resolves with its first line of output; rejects when the process ends before.
 */
export async function startServerProcess(
  file: string,
  flags: readonly string[],
  argument = '',
): Promise<ServerProcess> {
  const child: ChildProcess = spawn(process.execPath, [...flags, file, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = child.stdout as NodeJS.ReadableStream
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: output }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  // A log that nobody reads would fill the pipe and stop the server.
  output.resume()
  return {
    line,
    pid: child.pid ?? 0,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}
