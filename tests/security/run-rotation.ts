import { parseArgs } from 'node:util'
import { connectAsOwner } from '../owner-connection.ts'
import { startSeparateServices } from '../separate-services.ts'
import { rotationStorm, STORM_SETTINGS } from './rotation-storm.ts'

/**
 * `npm run test:rotation -- --minutes 10`: keys rotate every five seconds under load, with access
 * tokens of ten seconds, a grace period of twelve, and key sets cached for two.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)

function minutesOrExit(): number {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
    const minutes = Number(values.minutes)
    if (minutes > 0 && minutes <= 600) return minutes
  } catch {}
  process.stderr.write('--minutes must be a number up to 600; the default is 10\n')
  process.exit(1)
}

const minutes = minutesOrExit()
const services = await startSeparateServices({
  services: ['member', 'timeline', 'activity', 'gateway'],
  env: () => STORM_SETTINGS,
})
const sql = connectAsOwner(services.database.ownerUrl)
try {
  say(`keys rotate every 5 s under load for ${minutes} minutes`)
  const report = await rotationStorm(services, sql, minutes * 60)
  say(`rotations                          ${report.rotations}`)
  say(`requests · refreshes               ${report.requests} · ${report.refreshes}`)
  say(`living tokens refused              ${report.wronglyRefused.length}`)
  say(`forged tokens of retired keys      ${report.retiredTried}`)
  say(`forged tokens accepted             ${report.retiredAccepted.length}`)
  say(`answers other than 200 and 401     ${report.otherAnswers}`)
  const problems = [...report.wronglyRefused, ...report.retiredAccepted]
  for (const problem of problems.slice(0, 10)) say(`  ${problem}`)
  process.exitCode =
    problems.length === 0 && report.otherAnswers === 0 && report.rotations > 0 ? 0 : 1
} finally {
  await sql.end({ timeout: 1 })
  await services.stopAll()
}
