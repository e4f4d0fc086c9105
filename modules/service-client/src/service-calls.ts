import {
  type CalledBy,
  type ServiceName,
  type UrlSetting,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import { type CallRules, relayRulesOf } from './call-classes.ts'
import type { CallLog } from './call-guard.ts'
import {
  type CallConfig,
  callRulesOrThrow,
  numberOrThrow,
  probesOrThrow,
  type Settings,
} from './call-settings.ts'
import { createServiceClient, type ServiceClient } from './service-client.ts'

interface ConfiguredClientOptions {
  service: ServiceName
  baseUrl: string
  /** Undefined for routes that ask for no credential. */
  internalToken?: string
  /** Holds the call settings of the service. */
  config: Settings
  /** Distinguishes several clients of one service in metrics: `calls`, `jobs`, `relay`, `keys`. */
  purpose?: string
  changeRules?: (rules: CallRules) => CallRules
  log?: CallLog | undefined
}

/** A client by the rules of the target's class and the settings. */
export function configuredClient({
  config,
  changeRules = (rules) => rules,
  ...options
}: ConfiguredClientOptions): ServiceClient {
  const rules = changeRules(callRulesOrThrow(options.service, config))
  const probes = probesOrThrow(config)
  return createServiceClient({
    ...options,
    rules,
    retryBudgetPercent: numberOrThrow(config, 'CALLS_RETRY_BUDGET_PERCENT'),
    // A circuit that closes as soon as a probe would needs none.
    probes: rules.circuit.openMilliseconds > probes.everyMilliseconds ? probes : undefined,
  })
}

/** The settings of a caller: its credential, and for each service that it calls an address and the call settings. */
type CallerConfig<Caller extends ServiceName> = CallConfig<CalledBy<Caller>> &
  Record<UrlSetting<CalledBy<Caller>>, string> & { INTERNAL_TOKEN: string }

type ClientOptions = Pick<ConfiguredClientOptions, 'purpose' | 'changeRules'>

/** The clients of one caller, so that they are measured and closed together. */
export class ServiceCalls<Caller extends ServiceName> {
  readonly clients: ServiceClient[] = []
  readonly #config: Settings
  readonly #internalToken: string
  readonly #log: CallLog | undefined

  constructor(config: CallerConfig<Caller>, log?: CallLog) {
    this.#config = config
    this.#internalToken = config.INTERNAL_TOKEN
    this.#log = log
  }

  clientOf(service: CalledBy<Caller>, options: ClientOptions = {}): ServiceClient {
    const client = configuredClient({
      service,
      baseUrl: String(this.#config[urlSettingOf(service)]),
      internalToken: this.#internalToken,
      config: this.#config,
      log: this.#log,
      ...options,
    })
    this.clients.push(client)
    return client
  }

  /** A client for the relay, which repeats deliveries itself. */
  relayClientOf(service: CalledBy<Caller>): ServiceClient {
    return this.clientOf(service, { purpose: 'relay', changeRules: relayRulesOf })
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()))
  }
}
