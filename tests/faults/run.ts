import { parseArgs } from 'node:util'
import { clusterFaults, countLostByLeaderKill } from './cluster-faults.ts'
import type { Fault } from './fault.ts'
import { listenerFaults } from './listener-faults.ts'
import { midnightFaults, zoneOfMidnightIn } from './midnight-faults.ts'
import { publisherFaults } from './publisher-faults.ts'
import { randomFaults } from './random-faults.ts'
import { type FaultReport, lastOutputOf, runFault, tableOf } from './report.ts'
import { startEnvironment } from './environment.ts'
import { RECONCILE_SETTINGS } from './effects.ts'
import { topicFaults } from './topic-faults.ts'

/**
 * `npm run test:faults`: runs every fault under load, over real servers, and prints its effects.
 * `--only F3,F11` selects some; `--random --seed 7 --minutes 10` causes random ones. The exit code
 * is 1 where an event was lost or counted twice.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Long enough to start the services before midnight. */
const MIDNIGHT_SECONDS = 25

const { values } = readArguments()
const seed = wholeNumberOrEnd('seed', values.seed)
const minutes = wholeNumberOrEnd('minutes', values.minutes)
const only = values.only?.split(',')
const allFaults = [
  ...publisherFaults,
  ...listenerFaults,
  ...topicFaults,
  ...midnightFaults('UTC', 0),
  ...clusterFaults,
]
const unknown = only?.find((id) => allFaults.every((fault) => fault.id !== id))
if (unknown !== undefined)
  end(
    [
      `there is no fault '${unknown}'; there are:`,
      ...allFaults.map(({ id, title }) => `  ${id.padEnd(5)} ${title}`),
    ].join('\n'),
  )
const isSelected = ({ id }: Fault) => only === undefined || only.includes(id)
const reports: FaultReport[] = []

if (values.random) {
  await runFaults({ seed }, [randomFaults({ seconds: minutes * 60, say })])
} else {
  await runFaults(
    { seed },
    [...publisherFaults, ...listenerFaults, ...topicFaults].filter(isSelected),
  )
  const { zone, midnight } = zoneOfMidnightIn(MIDNIGHT_SECONDS)
  await runFaults(
    { seed, env: { TOPIC_TIME_ZONE: zone } },
    midnightFaults(zone, midnight).filter(isSelected),
  )
  await runFaults({ seed, nodes: 3 }, clusterFaults.filter(isSelected))
}

const failed = reports.filter(({ failures }) => failures.length > 0)
say('')
say(tableOf(reports))
if (reports.some(({ id }) => id === 'F4'))
  say(
    `F4: brokers had lost ${countLostByLeaderKill()} acknowledged events before they were published again`,
  )
for (const { id, failures } of failed) for (const failure of failures) say(`${id}: ${failure}`)
say(`${reports.length - failed.length} passed, ${failed.length} failed (seed ${seed})`)
process.exit(failed.length === 0 ? 0 : 1)

async function runFaults(
  options: Parameters<typeof startEnvironment>[0],
  faults: readonly Fault[],
): Promise<void> {
  if (faults.length === 0) return
  const environment = await startEnvironment({
    ...options,
    env: { ...RECONCILE_SETTINGS, ...options.env },
  })
  const known = new Set<string>()
  try {
    for (const fault of faults) {
      say(`── ${fault.id} ${fault.title}`)
      const report = await runFault(environment, fault, known)
      const verdict =
        report.failures.length === 0 ? 'passed' : `FAILED: ${report.failures.join('; ')}`
      say(`   ${verdict}; recovered in ${report.recoverySeconds.toFixed(1)} s`)
      reports.push(report)
      if (report.failures.length > 0 && values.verbose) say(lastOutputOf(environment))
    }
  } finally {
    await environment.stop()
  }
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        random: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '10' },
        verbose: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumberOrEnd(name: string, text: string): number {
  return /^\d{1,9}$/.test(text)
    ? Number(text)
    : end(`--${name} is '${text}'; it must be a whole number`)
}

function end(mistake: string): never {
  process.stderr.write(
    `${mistake}\nuse: npm run test:faults -- [--only F3,F11] [--random --minutes 10] [--seed 1] [--verbose]\n`,
  )
  process.exit(2)
}
