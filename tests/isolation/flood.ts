import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { ask, clientAt } from '../http-client.ts'

export interface FloodReport {
  reads: number
  failedReads: string[]
}

interface FloodOptions {
  /** The address of the gateway. */
  url: string
  /** The `Authorization` header of the reading member. */
  bearer: string
  /** Concurrent readers; each sends its next request when the last one is answered. */
  readers: number
}

export interface Flood {
  stop(): Promise<FloodReport>
}

const PATHS = [
  '/api/timeline/posts/followings',
  '/api/timeline/posts/most-popular',
  '/api/timeline/posts',
  '/api/search/posts?keyword=%EC%82%B0%EC%88%98%EC%9C%A0',
]

/** Starts the readers in a separate process, with `launcher` before its command. */
export function startFlood(options: FloodOptions, launcher: readonly string[] = []): Flood {
  const [command = '', ...args] = [
    ...launcher,
    process.execPath,
    import.meta.filename,
    JSON.stringify(options),
  ]
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const ended = once(child, 'exit')
  return {
    async stop() {
      child.stdin?.end()
      const [code] = await ended
      if (code !== 0) throw new Error(`the flood ended with ${code}`)
      return JSON.parse(output)
    },
  }
}

async function flood({ url, bearer, readers }: FloodOptions): Promise<FloodReport> {
  const report: FloodReport = { reads: 0, failedReads: [] }
  let isOver = false
  process.stdin.resume().once('end', () => {
    isOver = true
  })
  const readFrom = async (number: number) => {
    for (let n = number; !isOver; n += 1) {
      const path = PATHS[n % PATHS.length] ?? ''
      try {
        const { status } = await ask(clientAt(url), { as: bearer, url: path })
        report.reads += 1
        if (status !== 200) report.failedReads.push(`${path} answered ${status}`)
      } catch (error) {
        report.failedReads.push(`${path}: ${error}`)
      }
    }
  }
  await Promise.all(Array.from({ length: readers }, (_, number) => readFrom(number)))
  return report
}

if (import.meta.main)
  process.stdout.write(JSON.stringify(await flood(JSON.parse(process.argv[2] ?? '{}'))))
