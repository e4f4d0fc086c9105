import { parseArgs } from 'node:util'
import postgres, { type Sql } from 'postgres'
import { startSeparateServices } from '../separate-services.ts'
import { rotationStorm, STORM_SETTINGS } from './rotation-storm.ts'

/** `npm run test:rotation -- --minutes 10`: tokens of ten seconds, a grace of twelve, key sets of two, a rotation every five. */
const say = (line: string) => void process.stdout.write(`${line}\n`)

function minutesOrExit(): number {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
    const minutes = Number(values.minutes)
    if (minutes > 0 && minutes <= 600) return minutes
  } catch {}
  process.stderr.write('give --minutes and a number up to 600, or nothing for ten\n')
  process.exit(1)
}

const minutes = minutesOrExit()
const services = await startSeparateServices({
  services: ['member', 'timeline', 'activity', 'gateway'],
  env: () => STORM_SETTINGS,
})
const sql = postgres(services.database.ownerUrl, { max: 2, onnotice() {} }) as unknown as Sql
try {
  say(`keys rotate every 5 s under load for ${minutes} minutes`)
  const report = await rotationStorm(services, sql, minutes * 60)
  say(`rotations                          ${report.rotations}`)
  say(`requests · refreshes               ${report.requests} · ${report.refreshes}`)
  say(`wrong 401s                         ${report.wronglyRefused.length}`)
  say(`tokens of retired keys tried       ${report.retiredTried}`)
  say(`tokens of retired keys accepted    ${report.retiredAccepted.length}`)
  say(`answers that were neither          ${report.otherAnswers}`)
  const problems = [...report.wronglyRefused, ...report.retiredAccepted]
  for (const problem of problems.slice(0, 10)) say(`  ${problem}`)
  process.exitCode =
    problems.length === 0 && report.otherAnswers === 0 && report.rotations > 0 ? 0 : 1
} finally {
  await sql.end({ timeout: 1 })
  await services.stopAll()
}
