import { measurePausedCallee, type PausedCalleeReport } from './paused-callee.ts'

/** `npm run test:calls`: a caller under 500 requests in a second while its callee is stopped by SIGSTOP. */
const MAX_MEMORY_RATIO = 1.2
const MAX_P99_RATIO = 1.3
const say = (line: string) => void process.stdout.write(`${line}\n`)

say('half a minute with a callee that works, then with one that is stopped, then healed…')
const report = await measurePausedCallee({
  seconds: 30,
  rate: 500,
  otherRate: 100,
  readMilliseconds: 10_000,
})
for (const name of [
  'healthy',
  'paused',
  'healed',
] as const satisfies (keyof PausedCalleeReport)[]) {
  const { memory, p99, answered, refused, otherFailed } = report[name]
  say(
    `${name.padEnd(8)} memory ${Math.round(memory / 2 ** 20)} MiB · p99 of other routes ${p99.toFixed(1)} ms (${otherFailed} failed) · ` +
      `calls: ${answered} answered, ${refused} refused`,
  )
}
const memory = report.paused.memory / report.healthy.memory
const p99 = report.paused.p99 / report.healthy.p99
say(`memory while stopped              ${memory.toFixed(2)} × (target ≤ ${MAX_MEMORY_RATIO})`)
say(`p99 of other routes while stopped ${p99.toFixed(2)} × (target ≤ ${MAX_P99_RATIO})`)
const { paused, healed } = report
process.exitCode =
  memory <= MAX_MEMORY_RATIO &&
  p99 <= MAX_P99_RATIO &&
  paused.otherFailed === 0 &&
  healed.refused === 0
    ? 0
    : 1
