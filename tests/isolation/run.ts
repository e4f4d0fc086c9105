import { measureIsolation, startIsolationEnvironment } from './isolation.ts'

/**
 * `npm run test:isolation`: compares a minute of writes with a minute of writes during a flood of
 * reads and ten restarts of timeline-svc.
 */
const MAX_RATIO = 1.2
const say = (line: string) => void process.stdout.write(`${line}\n`)

say('a minute of writes, then another during a flood of reads and ten restarts of timeline-svc…')
const environment = await startIsolationEnvironment({ readsYield: true })
try {
  if (environment.idleGroup === undefined)
    say('reads do not yield to writes: this user cannot create a Linux control group')
  const report = await measureIsolation(environment, {
    seconds: 60,
    restarts: 10,
    readers: 16,
    writesPerSecond: 20,
  })
  say(`writes · failed                   ${report.writes} · ${report.failedWrites.length}`)
  say(`reads · failed                    ${report.reads} · ${report.failedReads.length}`)
  say(`restarts of timeline-svc          ${report.restarts}`)
  const { quietP99, floodedP99 } = report
  const ratio = `${(floodedP99 / quietP99).toFixed(2)} (target ≤ ${MAX_RATIO})`
  say(
    `p99 of writes, quiet · flooded    ${quietP99.toFixed(1)} ms · ${floodedP99.toFixed(1)} ms = ${ratio}`,
  )
  for (const problem of [...report.failedWrites, ...report.failedReads].slice(0, 10))
    say(`  ${problem}`)
  process.exitCode =
    report.failedWrites.length + report.failedReads.length === 0 && report.restarts === 10 ? 0 : 1
} finally {
  await environment.stop()
}
