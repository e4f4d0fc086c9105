import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface TcpBalancer {
  url: string
  stop(): Promise<void>
}

interface BalancerOptions {
  /** A command and its arguments that run the process, for example in a control group. */
  launcher?: readonly string[]
  /** Leaves out servers whose GET /healthz/ready is not 200, as Kubernetes does. */
  byReadiness?: boolean
}

/**
 * Starts a load balancer, as a Kubernetes Service is one: a connection goes to a server that accepts
 * it. It runs in a separate process.
 */
export async function startTcpBalancer(
  ports: readonly number[],
  { launcher = [], byReadiness = false }: BalancerOptions = {},
): Promise<TcpBalancer> {
  const [command = '', ...args] = [
    ...launcher,
    process.execPath,
    import.meta.filename,
    JSON.stringify({ ports, byReadiness }),
  ]
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const url = await Promise.race([
    once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line').then(
      ([line]) => line as string,
    ),
    ended.then(([code]) => Promise.reject(new Error(`the balancer ended with ${code}`))),
  ])
  return {
    url,
    async stop() {
      child.stdin?.end()
      await ended
    },
  }
}

const PROBE_EVERY_MS = 200
const PROBE_TIMEOUT_MS = 2_000

interface Balancing {
  ports: readonly number[]
  byReadiness: boolean
}

async function balance({ ports, byReadiness }: Balancing): Promise<string> {
  const unready = new Set<number>()
  let connections = 0

  function connectToOne(client: Socket, triesLeft: number): void {
    const ready = ports.filter((port) => !unready.has(port))
    const candidates = ready.length === 0 ? ports : ready
    connections += 1
    const port = candidates[connections % candidates.length] as number
    const server = createConnection({ host: '127.0.0.1', port })
    const giveUp = () => (triesLeft > 0 ? connectToOne(client, triesLeft - 1) : client.destroy())
    server.once('error', giveUp)
    server.once('connect', () => {
      server.off('error', giveUp)
      server.on('error', () => {})
      client.pipe(server)
      server.pipe(client)
      client.once('close', () => server.destroy())
      server.once('close', () => client.end())
    })
  }

  async function probe(port: number): Promise<void> {
    const isReady = await fetch(`http://127.0.0.1:${port}/healthz/ready`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    }).then(
      async (answer) => {
        await answer.arrayBuffer()
        return answer.ok
      },
      () => false,
    )
    if (isReady) unready.delete(port)
    else unready.add(port)
    setTimeout(() => void probe(port), PROBE_EVERY_MS)
  }

  const listener = createServer((client) => {
    client.on('error', () => {})
    connectToOne(client, 2 * ports.length)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  if (byReadiness) for (const port of ports) void probe(port)
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
}

if (import.meta.main) {
  process.stdout.write(`${await balance(JSON.parse(process.argv[2] ?? '{}'))}\n`)
  // The input ends when the starting process stops the balancer, or ends itself.
  process.stdin.resume().once('end', () => process.exit(0))
}
