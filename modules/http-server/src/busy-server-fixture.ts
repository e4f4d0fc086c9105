import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createHttpServer } from './create-http-server.ts'
import { LoadGuard } from './load-guard.ts'
import { createLog } from './log.ts'

const WORK_MS = 2

export interface BusyServer {
  url: string
  stop(): void
}

/** A server in a process of its own, each of whose answers takes 2 ms of a processor. */
export async function startBusyServer(sheds: boolean): Promise<BusyServer> {
  const child: ChildProcess = fork(import.meta.filename, [sheds ? 'on' : 'off'], {
    execArgv: [],
  })
  const [url] = await once(child, 'message')
  return { url, stop: () => void child.disconnect() }
}

if (import.meta.main) {
  const app = await createHttpServer({
    service: 'busy',
    log: createLog('busy', 'silent'),
    loadGuard: new LoadGuard({ isOn: process.argv[2] === 'on', startMilliseconds: 0 }),
  })
  app.get('/', { config: { access: 'PUBLIC' } }, async () => {
    const until = performance.now() + WORK_MS
    while (performance.now() < until);
    return 'done'
  })
  process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
  process.once('disconnect', () => process.exit(0))
}
