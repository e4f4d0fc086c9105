import { parseArgs } from 'node:util'
import { SERVICE_NAMES, type ServiceName } from '@dailyfeed/contract/services'
import { REPLICAS, startRestartEnvironment } from './environment.ts'
import { startRestartLoad } from './load.ts'

/**
 * `npm run test:restarts`: rolling restarts of each service under load, as Kubernetes does them, and
 * the requests that failed. `--only gateway,member` selects services, `--times 3` how often each is
 * restarted, `--together 1` how many at the same time.
 */
const REQUESTS_PER_SECOND = 60
const say = (line: string) => void process.stdout.write(`${line}\n`)

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: SERVICE_NAMES.join(',') },
    times: { type: 'string', default: '20' },
    together: { type: 'string', default: '2' },
  },
})
const isService = (name: string): name is ServiceName =>
  (SERVICE_NAMES as readonly string[]).includes(name)
const selected = values.only.split(',').filter(isService)
const [times, together] = [Number(values.times), Number(values.together)]
if (selected.length === 0 || !(times >= 1) || !(together >= 1)) {
  process.stderr.write(
    'use: npm run test:restarts -- [--only gateway,member] [--times 20] [--together 2]\n',
  )
  process.exit(2)
}

const environment = await startRestartEnvironment({ replicated: SERVICE_NAMES })
const failures: string[] = []
try {
  say(row('services', 'rolling restarts', 'requests', 'failed', 'seconds'))
  for (let first = 0; first < selected.length; first += together)
    await restartUnderLoad(selected.slice(first, first + together))
} finally {
  await environment.stop()
}
process.exit(failures.length === 0 ? 0 : 1)

async function restartUnderLoad(services: readonly ServiceName[]): Promise<void> {
  const startedAt = performance.now()
  const load = await startRestartLoad({
    url: environment.url,
    requestsPerSecond: REQUESTS_PER_SECOND,
  })
  await Promise.all(
    services.map(async (service) => {
      for (let n = 0; n < times; n += 1) await environment.restart(service)
    }),
  )
  await load.stop()
  const { answered, failures: failed } = load.report
  const requests = [...answered.values()].reduce((sum, count) => sum + count, 0)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  say(row(services.join(', '), `${times} of each`, requests, failed.length, seconds))
  for (const failure of failed.slice(0, 20)) say(`  ${failure}`)
  if (failed.length > 0) for (const line of unansweredInLogs()) say(`  ${line.slice(0, 300)}`)
  failures.push(...failed)
}

/** Lines in which the gateways say why a service did not answer. */
const unansweredInLogs = (): string[] =>
  REPLICAS.flatMap((number) =>
    environment.services
      .outputOf('gateway', number)
      .split('\n')
      .filter((line) => line.includes('upstream')),
  ).slice(-20)

function row(services: string, ...values: (string | number)[]): string {
  return services.padEnd(24) + values.map((value) => String(value).padStart(18)).join('')
}
