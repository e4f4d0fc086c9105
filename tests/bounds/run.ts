import { parseArgs } from 'node:util'
import { startPlatformProcess } from '../platform-process.ts'
import { startSeparateServices } from '../separate-services.ts'
import { BOUNDS_SETTINGS, measureScenario, percentile, type ScenarioReport } from './measure.ts'
import { SCENARIOS } from './scenarios.ts'

/**
 * `npm run test:bounds`: attacks the product in each way that a client can, and measures a quiet
 * member meanwhile: first as `npm start` runs it, then with every service in a process of its own.
 * `--only "slow bodies"` selects scenarios, `--seconds` and `--rounds` change the length.
 */
const MAX_RATIO = 2
const say = (line: string) => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '2' },
  },
})
const only = values.only?.split(',')
const selected = SCENARIOS.filter(({ name }) => only === undefined || only.includes(name))
if (selected.length === 0) {
  say(`there is no such scenario; there are: ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}
let failed = 0

say('every service in one process')
const platform = await startPlatformProcess({ env: BOUNDS_SETTINGS })
try {
  await measureAll(platform.url)
} finally {
  await platform.stop()
}
say('each service in a process of its own')
const services = await startSeparateServices({ env: () => BOUNDS_SETTINGS })
try {
  await measureAll(services.url)
} finally {
  await services.stopAll()
}
process.exit(failed === 0 ? 0 : 1)

async function measureAll(url: string): Promise<void> {
  for (const scenario of selected) {
    const options = { url, seconds: Number(values.seconds), rounds: Number(values.rounds) }
    show(await measureScenario(scenario, options))
  }
}

function show({ name, quiet, attacked, attack }: ScenarioReport): void {
  const [before, during] = [percentile(quiet.latencies, 99), percentile(attacked.latencies, 99)]
  const ratio = during / before
  const problems = [...quiet.failures, ...attacked.failures, ...attack.problems]
  if (ratio > MAX_RATIO) problems.push(`p99 is ${ratio.toFixed(2)} × quiet`)
  failed += problems.length === 0 ? 0 : 1
  say(
    `  ${name.padEnd(20)} p99 quiet ${before.toFixed(1)} ms · attacked ${during.toFixed(1)} ms = ${ratio.toFixed(2)} (target ≤ ${MAX_RATIO}) · ${attack.requests} requests of the attacker`,
  )
  for (const problem of problems.slice(0, 10)) say(`    ${problem}`)
}
