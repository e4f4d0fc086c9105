import { parseArgs } from 'node:util'
import { clusterFaults, vanishedInLeaderKill } from './cluster-faults.ts'
import type { Fault } from './fault.ts'
import { listenerFaults } from './listener-faults.ts'
import { midnightFaults, zoneOfMidnightIn } from './midnight-faults.ts'
import { publisherFaults } from './publisher-faults.ts'
import { randomFaults } from './random-faults.ts'
import { type FaultReport, lastWordsOf, runFault, tableOf } from './report.ts'
import { startWorld } from './world.ts'
import { topicFaults } from './topic-faults.ts'

/**
 * `npm run test:faults`: every fault of the matrix under load, over real servers, with what it cost. `--only F3,F11` runs
 * some; `--random --seed 7 --minutes 10` mixes them. Ends with 1 where anything was lost or doubled.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)

/** So young is what acks = 1 lost looked for here, instead of ten minutes. */
const SETTINGS = { EVENT_RECONCILE_SECONDS: '2' }
/** The services are up by then. */
const MIDNIGHT_SECONDS = 25

const { values } = readArguments()
const seed = wholeNumberOrEnd('seed', values.seed)
const minutes = wholeNumberOrEnd('minutes', values.minutes)
const only = values.only?.split(',')
const every = [
  ...publisherFaults,
  ...listenerFaults,
  ...topicFaults,
  ...midnightFaults('UTC', 0),
  ...clusterFaults,
].map(({ id }) => id)
const unknown = only?.find((id) => !every.includes(id))
if (unknown !== undefined) end(`there is no fault '${unknown}'; there are: ${every.join(', ')}`)
const isWanted = ({ id }: Fault) => only === undefined || only.includes(id)
const reports: FaultReport[] = []

if (values.random) {
  await runIn({ seed, env: SETTINGS }, [randomFaults({ seconds: minutes * 60, say })])
} else {
  await runIn(
    { seed, env: SETTINGS },
    [...publisherFaults, ...listenerFaults, ...topicFaults].filter(isWanted),
  )
  const { zone, midnight } = zoneOfMidnightIn(MIDNIGHT_SECONDS)
  await runIn(
    { seed, env: { ...SETTINGS, TOPIC_TIME_ZONE: zone } },
    midnightFaults(zone, midnight).filter(isWanted),
  )
  await runIn({ seed, env: SETTINGS, nodes: 3 }, clusterFaults.filter(isWanted))
}

const failed = reports.filter(({ failures }) => failures.length > 0)
say('')
say(tableOf(reports))
if (reports.some(({ id }) => id === 'F4'))
  say(
    `F4: ${vanishedInLeaderKill()} acknowledged events stood in no topic any more, before they were delivered again`,
  )
for (const { id, failures } of failed) for (const failure of failures) say(`${id}: ${failure}`)
say(`${reports.length - failed.length} passed, ${failed.length} failed (seed ${seed})`)
process.exit(failed.length === 0 ? 0 : 1)

async function runIn(
  options: Parameters<typeof startWorld>[0],
  faults: readonly Fault[],
): Promise<void> {
  if (faults.length === 0) return
  const world = await startWorld(options)
  const known = new Set<string>()
  try {
    for (const fault of faults) {
      say(`── ${fault.id} ${fault.title}`)
      const report = await runFault(world, fault, known)
      say(
        `   ${report.failures.length === 0 ? 'held' : `FAILED: ${report.failures.join('; ')}`}; recovered in ${report.recovered.toFixed(1)} s`,
      )
      reports.push(report)
      if (report.failures.length > 0 && values.verbose) say(lastWordsOf(world))
    }
  } finally {
    await world.stop()
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

function end(complaint: string): never {
  process.stderr.write(
    `${complaint}\nuse: npm run test:faults -- [--only F3,F11] [--random --minutes 10] [--seed 1] [--verbose]\n`,
  )
  process.exit(2)
}
