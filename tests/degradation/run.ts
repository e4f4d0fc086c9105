import { parseArgs } from 'node:util'
import { type DegradationReport, degrade } from './degradation.ts'
import { startDegradationEnvironment } from './environment.ts'
import { measurePausedCallee } from './paused-callee.ts'
import { MODES, type Mode } from './parts.ts'
import { Probes } from './probes.ts'
import { ROWS } from './rows.ts'

/**
 * `npm run test:degradation`: stops, pauses, slows down and garbles each part, and prints who notices,
 * what they get, and how soon it heals. `--only member-svc,redis` and `--mode paused` select some. With
 * `--load` it also measures the gateway while image-svc is paused under 500 requests/s.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: ROWS.map(({ part }) => part).join(',') },
    mode: { type: 'string', default: MODES.join(',') },
    load: { type: 'boolean', default: false },
  },
})
const only = values.only.split(',')
const modes = MODES.filter((mode) => values.mode.split(',').includes(mode))
const rows = ROWS.filter(({ part }) => only.includes(part))
if (rows.length === 0 || modes.length === 0) {
  process.stderr.write(
    `use: npm run test:degradation -- [--only ${ROWS.map(({ part }) => part).join(',')}] [--mode ${MODES.join(',')}]\n`,
  )
  process.exit(2)
}

const environment = await startDegradationEnvironment({ withKafka: true })
let problems = 0
try {
  const probes = await Probes.open(environment.services.url)
  say('| Missing | How | Noticed by | Slowest that may fail | Slowest other | Healed after |')
  say('|---|---|---|---|---|---|')
  for (const row of rows)
    for (const mode of modes) {
      const report = await degrade(environment, probes, row, mode)
      say(lineOf(report, mode))
      for (const problem of report.problems) say(`  problem: ${problem}`)
      problems += report.problems.length
    }
  if (values.load) await measureUnderLoad(probes)
} finally {
  await environment.stop()
}
process.exit(problems === 0 ? 0 : 1)

async function measureUnderLoad(probes: Probes): Promise<void> {
  const { memoryRatio, p99Ratio, answers } = await measurePausedCallee(environment, {
    ...probes.pathsForLoad(),
    requestsPerSecond: 500,
    seconds: 15,
  })
  const counts = [...answers].map(([status, count]) => `${count} × ${status}`).join(', ')
  say(`image-svc paused under 500 requests/s, answered with ${counts}:`)
  say(`  memory of the gateway   ${memoryRatio.toFixed(2)} × (target ≤ 1.2)`)
  say(`  p99 of feed reads       ${p99Ratio.toFixed(2)} × (target ≤ 1.3)`)
}

function lineOf(report: DegradationReport, mode: Mode): string {
  const noticed = [...report.noticed].map(([name, answer]) => `${name}: ${answer}`).join(', ')
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`
  return `| ${[
    report.part,
    mode,
    noticed === '' ? 'nobody' : noticed,
    report.slowestRefused === 0 ? '' : seconds(report.slowestRefused),
    seconds(report.slowestOther),
    seconds(report.healedAfter),
  ].join(' | ')} |`
}
