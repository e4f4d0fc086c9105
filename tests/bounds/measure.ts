import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import { type Member, newMember } from '../acceptance/client.ts'
import { startAttack } from './attack-process.ts'
import { type QuietReport, useQuietly } from './quiet-member.ts'
import type { AttackReport, Scenario } from './scenario.ts'

interface MeasurementOptions {
  /** The address of the gateway. */
  url: string
  /** Seconds of each of the two periods of a round. */
  seconds: number
  /** Rounds of a period without the attack and one with it, so that both see the same machine. */
  rounds: number
}

export interface ScenarioReport {
  name: string
  quiet: QuietReport
  attacked: QuietReport
  attack: AttackReport
}

/** Settings of the product: clients have the addresses that the runner's requests name. */
export const BOUNDS_SETTINGS: Record<string, string> = {
  RATE_LIMIT: 'on',
  TRUSTED_FRONTENDS: '127.0.0.1',
  // Floods must meet the bounds of this suite before any rate.
  ...Object.fromEntries(
    ['RATE_LIMIT_PER_MINUTE', ...Object.keys(rateLimitSettings)]
      .filter((name) => name !== 'RATE_LIMIT_MAX_KEYS')
      .map((name) => [name, '1000000']),
  ),
}

const PER_SECOND = 12

export async function measureScenario(
  scenario: Scenario,
  { url, seconds, rounds }: MeasurementOptions,
): Promise<ScenarioReport> {
  const member = await newMember({}, url)
  const attackers: Member[] = []
  for (let n = 0; n < scenario.members; n += 1) attackers.push(await newMember({}, url))
  const members = attackers.map(({ id, bearer }) => ({ id, bearer }))
  const report: ScenarioReport = {
    name: scenario.name,
    quiet: { latencies: [], failures: [] },
    attacked: { latencies: [], failures: [] },
    attack: { requests: 0, problems: [] },
  }
  // Code and caches are warm in both kinds of period.
  await useQuietly(member, { seconds: 1, perSecond: PER_SECOND })
  for (let round = 0; round < rounds; round += 1) {
    add(report.quiet, await useQuietly(member, { seconds, perSecond: PER_SECOND }))
    const attack = await startAttack({ scenario: scenario.name, target: { url, members }, seconds })
    add(report.attacked, await useQuietly(member, { seconds, perSecond: PER_SECOND }))
    const { requests, problems } = await attack.stop()
    report.attack.requests += requests
    report.attack.problems.push(...problems)
  }
  return report
}

function add(sum: QuietReport, { latencies, failures }: QuietReport): void {
  sum.latencies.push(...latencies)
  sum.failures.push(...failures)
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
  )
}
