import { isolationRun, startIsolationWorld } from './isolation.ts'

/** `npm run test:isolation`: a minute of writes, and another while reads flood and timeline-svc is released ten times. */
const MOST_RATIO = 1.2
const say = (line: string) => void process.stdout.write(`${line}\n`)

say(
  'a minute of writes, and another beside a flood of reads, while timeline-svc is restarted ten times…',
)
const world = await startIsolationWorld({ readsYield: true })
try {
  if (world.idleGroup === undefined)
    say('reads do not yield to writes: this user cannot make a control group of Linux')
  const report = await isolationRun(world, {
    seconds: 60,
    restarts: 10,
    readers: 16,
    writesPerSecond: 20,
  })
  say(`writes · failed                   ${report.writes} · ${report.failedWrites.length}`)
  say(`reads · failed                    ${report.reads} · ${report.failedReads.length}`)
  say(`restarts of timeline-svc          ${report.restarts}`)
  const { quietP99, floodedP99 } = report
  say(
    `p99 of writes, quiet · flooded    ${quietP99.toFixed(1)} ms · ${floodedP99.toFixed(1)} ms = ${(floodedP99 / quietP99).toFixed(2)} (target ≤ ${MOST_RATIO})`,
  )
  for (const problem of [...report.failedWrites, ...report.failedReads].slice(0, 10))
    say(`  ${problem}`)
  process.exitCode =
    report.failedWrites.length + report.failedReads.length === 0 && report.restarts === 10 ? 0 : 1
} finally {
  await world.stop()
}
