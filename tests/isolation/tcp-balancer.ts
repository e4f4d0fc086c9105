import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface TcpBalancer {
  url: string
  stop(): Promise<void>
}

/**
 * One address before several servers on this machine, as a Service of Kubernetes is: a connection goes to one that takes
 * it. In a process of its own; `launcher`: as for a service.
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
  let turn = 0
  function connectToOne(client: Socket, triesLeft: number): void {
    turn += 1
    const server = createConnection({
      host: '127.0.0.1',
      port: ports[turn % ports.length] as number,
    })
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
  // Whoever started it has ended it, or has ended itself.
  process.stdin.resume().once('end', () => process.exit(0))
}
