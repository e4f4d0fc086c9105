import type { ServiceName } from '@dailyfeed/contract/services'
import type { ServerProcess } from '@dailyfeed/platform/server-process'
import { descendantsOf } from '../process-family.ts'
import type { Replica } from '../replica.ts'
import type { SeparateServices } from '../separate-services.ts'
import type { TcpProxy } from '../tcp-proxy.ts'

/** The ways in which a part fails. */
export const MODES = ['stopped', 'paused', 'slow', 'garbage'] as const
export type Mode = (typeof MODES)[number]

/** A real part of the installation, with a link in front of it. */
export interface Part {
  name: string
  breakDown(mode: Mode): Promise<void>
  /** Resolves when the part itself works again; the services may still have to notice it. */
  mend(mode: Mode): Promise<void>
}

/** Requests and answers together are delayed by 3 s. */
const SLOW_MS_EACH_WAY = 1_500

interface Process {
  stop(): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}

function partOf(name: string, link: TcpProxy, process: Process): Part {
  return {
    name,
    async breakDown(mode) {
      if (mode === 'stopped') await process.stop()
      else if (mode === 'paused') await process.pause()
      else if (mode === 'slow') link.slow(SLOW_MS_EACH_WAY)
      else link.garble()
    },
    async mend(mode) {
      if (mode === 'stopped') await process.start()
      else if (mode === 'paused') await process.resume()
      else {
        link.open()
        if (mode === 'garbage') link.cut()
      }
    },
  }
}

export const servicePart = (
  service: ServiceName,
  services: SeparateServices,
  link: TcpProxy,
): Part =>
  partOf(`${service}-svc`, link, {
    stop: () => services.end(service, 'SIGKILL'),
    start: () => services.start(service),
    pause: async () => services.signal(service, 'SIGSTOP'),
    resume: async () => services.signal(service, 'SIGCONT'),
  })

export const serverPart = (name: string, server: ServerProcess, link: TcpProxy): Part =>
  partOf(name, link, {
    stop: () => server.kill(),
    start: () => server.start(),
    pause: () => server.pause(),
    resume: async () => server.resume(),
  })

export function replicaPart(replica: Replica, target: { port: number }, link: TcpProxy): Part {
  const signalAll = async (signal: NodeJS.Signals) => {
    const { pid } = replica.server
    for (const one of [pid, ...(await descendantsOf(pid))]) process.kill(one, signal)
  }
  return partOf('replica', link, {
    stop: () => replica.halt(),
    async start() {
      await replica.restart()
      target.port = Number(new URL(replica.urlOf('timeline')).port)
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
  })
}
