import { type CalledBy, type ServiceName, SERVICES } from '@dailyfeed/contract/services'
import Type from 'typebox'
import {
  type CallRules,
  type CircuitRule,
  defaultRulesOf,
  HEALTH_CIRCUIT,
  PROBE_MILLISECONDS,
  RETRY_BUDGET_PERCENT,
} from './call-classes.ts'

interface Value<Rules> {
  of: (rules: Rules) => number
  minimum: number
  maximum: number
  text: string
}

const CIRCUIT_VALUES = {
  WINDOW: {
    of: ({ window }) => window,
    minimum: 1,
    maximum: 10_000,
    text: 'latest calls that the circuit breaker judges',
  },
  MIN: {
    of: ({ minCalls }) => minCalls,
    minimum: 1,
    maximum: 10_000,
    text: 'calls below which the circuit breaker does not judge; at most the window',
  },
  FAILURE_PERCENT: {
    of: ({ failurePercent }) => failurePercent,
    minimum: 1,
    maximum: 99,
    text: 'failed calls in percent that open the circuit',
  },
  SLOW_MS: {
    of: ({ slowCallMilliseconds }) => slowCallMilliseconds,
    minimum: 1,
    maximum: 600_000,
    text: 'milliseconds from which a call is slow',
  },
  SLOW_PERCENT: {
    of: ({ slowPercent }) => slowPercent,
    minimum: 1,
    maximum: 99,
    text: 'slow calls in percent that open the circuit',
  },
  OPEN_MS: {
    of: ({ openMilliseconds }) => openMilliseconds,
    minimum: 1,
    maximum: 3_600_000,
    text: 'milliseconds for which an open circuit refuses calls',
  },
  HALF_OPEN: {
    of: ({ halfOpenCalls }) => halfOpenCalls,
    minimum: 1,
    maximum: 1_000,
    text: 'calls on trial after that',
  },
} as const satisfies Record<string, Value<CircuitRule>>

const CALL_VALUES = {
  ATTEMPTS: {
    of: ({ retry }) => retry.attempts,
    minimum: 1,
    maximum: 10,
    text: 'attempts at a call that may be repeated, the first included',
  },
  RETRY_WAIT_MS: {
    of: ({ retry }) => retry.waitMilliseconds,
    minimum: 1,
    maximum: 60_000,
    text: 'mean milliseconds before another attempt',
  },
  PER_PERIOD: {
    of: ({ rate }) => rate.calls,
    minimum: 1,
    maximum: 1_000_000,
    text: 'calls of one instance in a period',
  },
  PERIOD_MS: {
    of: ({ rate }) => rate.periodMilliseconds,
    minimum: 1,
    maximum: 3_600_000,
    text: 'milliseconds of a period',
  },
  RATE_WAIT_MS: {
    of: ({ rate }) => rate.waitMilliseconds,
    minimum: 0,
    maximum: 60_000,
    text: 'milliseconds that a call may wait for the next period',
  },
  CONCURRENT: {
    of: ({ bulkhead }) => bulkhead.concurrent,
    minimum: 1,
    maximum: 1_024,
    text: 'calls in progress at the same time, each on a connection',
  },
  QUEUED: {
    of: ({ bulkhead }) => bulkhead.queued,
    minimum: 0,
    maximum: 10_000,
    text: 'further calls that may wait',
  },
  QUEUE_MS: {
    of: ({ bulkhead }) => bulkhead.queueMilliseconds,
    minimum: 1,
    maximum: 60_000,
    text: 'milliseconds that each of them may wait',
  },
  CONNECT_MS: {
    of: ({ connectMilliseconds }) => connectMilliseconds,
    minimum: 1,
    maximum: 600_000,
    text: 'milliseconds to wait for a connection',
  },
  READ_MS: {
    of: ({ readMilliseconds }) => readMilliseconds,
    minimum: 1,
    maximum: 3_600_000,
    text: 'milliseconds from a request to the last byte of its answer',
  },
} as const satisfies Record<string, Value<DefaultRules>>

type DefaultRules = ReturnType<typeof defaultRulesOf>
type CircuitValue = keyof typeof CIRCUIT_VALUES
type CallValue = CircuitValue | keyof typeof CALL_VALUES
type CallSetting<Name extends ServiceName> = `${Uppercase<Name>}_CALLS_${CallValue}`
type HealthSetting = `HEALTH_CALLS_${CircuitValue}`

/** A configuration that was read with `callSettings`, for calls to the services `Name`. */
export type CallConfig<Name extends ServiceName> = Record<
  CallSetting<Name> | keyof typeof sharedCallSettings,
  number
>

const integer = ({ minimum, maximum, text }: Omit<Value<never>, 'of'>, value: number) =>
  Type.Integer({ minimum, maximum, default: value, description: text })

function settingsOf<Rules>(prefix: string, values: Record<string, Value<Rules>>, rules: Rules) {
  return Object.entries(values).map(([name, value]): [string, Type.TInteger] => [
    `${prefix}_CALLS_${name}`,
    integer(value, value.of(rules)),
  ])
}

/** The settings of calls to one service, with the values of its class as defaults: MEMBER_CALLS_WINDOW, … */
export function callSettingsOf<Name extends ServiceName>(service: Name) {
  const prefix = service.toUpperCase()
  const rules = defaultRulesOf(service)
  return Object.fromEntries([
    ...settingsOf(prefix, CIRCUIT_VALUES, rules.circuit),
    ...settingsOf(prefix, CALL_VALUES, rules),
  ]) as Record<CallSetting<Name>, Type.TInteger>
}

/** The settings of all calls of one process, whatever their target. */
export const sharedCallSettings = {
  CALLS_RETRY_BUDGET_PERCENT: integer(
    { minimum: 0, maximum: 100, text: 'attempts that repeat a call, in percent of all calls' },
    RETRY_BUDGET_PERCENT,
  ),
  HEALTH_CALLS_EVERY_MS: integer(
    {
      minimum: 1,
      maximum: 3_600_000,
      text: 'milliseconds between two probes of a service whose circuit is open',
    },
    PROBE_MILLISECONDS,
  ),
  ...(Object.fromEntries(settingsOf('HEALTH', CIRCUIT_VALUES, HEALTH_CIRCUIT)) as Record<
    HealthSetting,
    Type.TInteger
  >),
}

/** The settings of the calls that `service` makes. */
export const callSettings = <Name extends ServiceName>(service: Name) => ({
  ...sharedCallSettings,
  ...(Object.assign(
    {},
    ...(SERVICES[service].calls as readonly CalledBy<Name>[]).map((called) =>
      callSettingsOf(called),
    ),
  ) as Record<CallSetting<CalledBy<Name>>, Type.TInteger>),
})

/** Settings of any kind, among them those that are asked for. */
export type Settings = Readonly<Record<string, unknown>>

/**
 * The rules of calls to `service` by its settings. Throws a RangeError that names two settings which contradict each
 * other, and a TypeError where the settings of that service were not read.
 */
export function callRulesOrThrow(service: ServiceName, config: Settings): CallRules {
  const prefix = service.toUpperCase()
  const value = (name: CallValue) => numberOrThrow(config, `${prefix}_CALLS_${name}`)
  return {
    circuit: circuitOrThrow(prefix, config),
    retry: { attempts: value('ATTEMPTS'), waitMilliseconds: value('RETRY_WAIT_MS') },
    rate: {
      calls: value('PER_PERIOD'),
      periodMilliseconds: value('PERIOD_MS'),
      waitMilliseconds: value('RATE_WAIT_MS'),
    },
    bulkhead: {
      concurrent: value('CONCURRENT'),
      queued: value('QUEUED'),
      queueMilliseconds: value('QUEUE_MS'),
    },
    connectMilliseconds: value('CONNECT_MS'),
    readMilliseconds: value('READ_MS'),
    sendsDeadline: true,
  }
}

/** The rule of the circuit of probes, and the time between two of them. */
export const probesOrThrow = (config: Settings) => ({
  rule: circuitOrThrow('HEALTH', config),
  everyMilliseconds: numberOrThrow(config, 'HEALTH_CALLS_EVERY_MS'),
})

function circuitOrThrow(prefix: string, config: Settings): CircuitRule {
  const value = (name: CircuitValue) => numberOrThrow(config, `${prefix}_CALLS_${name}`)
  const rule = {
    window: value('WINDOW'),
    minCalls: value('MIN'),
    failurePercent: value('FAILURE_PERCENT'),
    slowCallMilliseconds: value('SLOW_MS'),
    slowPercent: value('SLOW_PERCENT'),
    openMilliseconds: value('OPEN_MS'),
    halfOpenCalls: value('HALF_OPEN'),
  }
  if (rule.minCalls > rule.window)
    throw new RangeError(
      `${prefix}_CALLS_MIN is ${rule.minCalls}; it must be at most ${prefix}_CALLS_WINDOW, ${rule.window}`,
    )
  return rule
}

export function numberOrThrow(config: Settings, name: string): number {
  const value = config[name]
  if (typeof value !== 'number') throw new TypeError(`the setting ${name} was not read`)
  return value
}
