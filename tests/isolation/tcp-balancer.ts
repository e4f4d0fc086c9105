import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface TcpBalancer {
  url: string
  stop(): Promise<void>
}

/**
 * Starts a load balancer, as a Kubernetes Service is one: a connection goes to a server that accepts
 * it. It runs in a separate process, with `launcher` before its command.
 */
export async function startTcpBalancer(
  ports: readonly number[],
  launcher: readonly string[] = [],
): Promise<TcpBalancer> {
  const [command = '', ...args] = [
    ...launcher,
    process.execPath,
    import.meta.filename,
    ...ports.map(String),
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

async function balance(ports: readonly number[]): Promise<string> {
  let connections = 0
  function connectToOne(client: Socket, triesLeft: number): void {
    connections += 1
    const port = ports[connections % ports.length] as number
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
  const listener = createServer((client) => {
    client.on('error', () => {})
    connectToOne(client, 2 * ports.length)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
}

if (import.meta.main) {
  process.stdout.write(`${await balance(process.argv.slice(2).map(Number))}\n`)
  // The input ends when the starting process stops the balancer, or ends itself.
  process.stdin.resume().once('end', () => process.exit(0))
}
