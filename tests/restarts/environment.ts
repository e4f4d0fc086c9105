import { SERVICE_NAMES, type ServiceName, urlSettingOf } from '@dailyfeed/contract/services'
import { eventually } from '../eventually.ts'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { startTcpBalancer } from '../tcp-balancer.ts'

/** Two replicas of each service behind a balancer, which leaves out those that are not ready. */
export interface RestartEnvironment {
  services: SeparateServices
  /** The address of the balancer in front of both gateways. */
  url: string
  /** Replaces one replica after the other, as a rolling release does. */
  restart(service: ServiceName): Promise<void>
  stop(): Promise<void>
}

interface EnvironmentOptions {
  /** Services with two replicas; the others have one. */
  replicated: readonly ServiceName[]
}

export const REPLICAS = [0, 1]
/** The settings by which Kubernetes is detected, so that the defaults of its pods hold. */
const KUBERNETES = { KUBERNETES_SERVICE_HOST: '127.0.0.1' }

export async function startRestartEnvironment({
  replicated,
}: EnvironmentOptions): Promise<RestartEnvironment> {
  const resources = new AsyncDisposableStack()
  const database: OwnDatabase = await startOwnDatabase(['max_connections=200'])
  const addresses: Record<string, string> = {}
  const services = await startSeparateServices({
    database,
    services: [],
    env: () => ({ ...KUBERNETES, ...addresses, DATABASE_POOL_MAX: '4' }),
  })
  resources.defer(services.stopAll)
  const portOf = (service: ServiceName, replica: number) =>
    Number(new URL(services.urlOf(service, replica)).port)
  const balancers: Partial<Record<ServiceName, string>> = {}
  for (const service of replicated) {
    const ports = REPLICAS.map((replica) => portOf(service, replica))
    const balancer = await startTcpBalancer(ports, { byReadiness: true })
    resources.defer(balancer.stop)
    balancers[service] = balancer.url
    addresses[urlSettingOf(service)] = balancer.url
    if (service === 'member') addresses['JWKS_URL'] = `${balancer.url}/.well-known/jwks.json`
  }

  const untilReady = (service: ServiceName, number: number) =>
    eventually(`${service}-svc ${number} is ready`, () => isReady(services.urlOf(service, number)))

  try {
    for (const service of SERVICE_NAMES)
      for (const number of replicated.includes(service) ? REPLICAS : [0])
        await services.start(service, { number })
    for (const service of SERVICE_NAMES) await untilReady(service, 0)
  } catch (error) {
    await resources.disposeAsync()
    throw error
  }
  return {
    services,
    url: balancers.gateway ?? services.url,
    async restart(service) {
      for (const number of REPLICAS) {
        await services.end(service, 'SIGTERM', number)
        await services.start(service, { number })
        await untilReady(service, number)
      }
    },
    stop: () => resources.disposeAsync(),
  }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/healthz/ready`).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.ok ?? false
}
