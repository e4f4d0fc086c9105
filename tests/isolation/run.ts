import { isolationRun, startIsolationWorld } from './isolation.ts'

/** `npm run test:isolation`: a minute of writes while reads flood and timeline-svc is released ten times. */
const say = (line: string) => void process.stdout.write(`${line}\n`)

say('a minute of writes beside a flood of reads, while timeline-svc is restarted ten times…')
const world = await startIsolationWorld({ readsYield: true })
try {
  const report = await isolationRun(world, { seconds: 60, restarts: 10, readers: 16, writesPerSecond: 20 })
  say(`writes · failed                   ${report.writes} · ${report.failedWrites.length}`)
  say(`reads · failed                    ${report.reads} · ${report.failedReads.length}`)
  say(`restarts of timeline-svc          ${report.restarts}`)
  say(`p99 of writes, quiet · flooded    ${report.quietP99.toFixed(1)} ms · ${report.floodedP99.toFixed(1)} ms`)
  for (const problem of [...report.failedWrites, ...report.failedReads].slice(0, 10)) say(`  ${problem}`)
  process.exitCode = report.failedWrites.length + report.failedReads.length === 0 && report.restarts === 10 ? 0 : 1
} finally {
  await world.stop()
}
