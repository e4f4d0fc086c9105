import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provideKafka } from '@dailyfeed/platform/kafka/provide-kafka'
import { provideOpenSearch } from '@dailyfeed/platform/opensearch/opensearch-distribution'
import { provideRedis } from '@dailyfeed/platform/redis/local-redis'
import { provideChromium } from './browser/chromium.ts'
import { readReport } from './vitest-report.ts'

/**
 * `npm test`: every check and every test, the fastest first. The last line counts them; the lines
 * before it name each failure and each part that this machine cannot run. A part that cannot run is
 * a failure under CI=true.
 */
const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const isCi = process.env['CI'] === 'true'
/**
 * Every test file and every service that a test starts shares one cache of compiled code, which
 * saves a third to a half of the time that each takes to start.
 */
const compileCache = join(root, 'node_modules', '.cache', 'node')
const total = { passed: 0, failed: 0, skipped: 0 }
const missing: string[] = []
/** Printed again at the end, so that the last page of a long log shows every failure. */
const failures: string[] = []
const startedAt = performance.now()

check('types', bin('tsc'), ['-p', '.'])
check('types of the web client', bin('tsc'), ['-p', 'web', '--noEmit'])
check('lint and format', bin('biome'), ['check', '.'])
check('unused code and dependencies', bin('knip'), [])
// Programs are downloaded here, once, since test files run in parallel.
const kafka = await provideKafka(process.env, say)
if ('reason' in kafka) missing.push(`every test with Apache Kafka: ${kafka.reason}`)
const redis = await provideRedis(process.env, say)
if ('reason' in redis) missing.push(`every test with Redis: ${redis.reason}`)
const openSearch = await provideOpenSearch(process.env, say)
runTests('unit and integration', 'vitest.config.ts')
if ('reason' in openSearch) skip('search over OpenSearch', openSearch.reason)
else runTests('search over OpenSearch', 'services/search/opensearch.vitest.config.ts')
runTests('acceptance, through the gateway', 'tests/acceptance/vitest.config.ts')
runTests('faults, a selection with a fixed seed', 'tests/faults/vitest.config.ts')
const chromium = await provideChromium()
if (typeof chromium === 'string')
  runTests('browser', 'tests/browser/vitest.config.ts', { CHROMIUM_PATH: chromium })
else skip('browser', chromium.reason)

for (const failure of failures) say(`failed: ${failure}`)
for (const part of missing) say(`skipped: ${part}`)
say(`took ${Math.round((performance.now() - startedAt) / 1_000)} s`)
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed === 0 ? 0 : 1)

function check(name: string, command: string, args: string[]): void {
  say(`── ${name}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  total[status === 0 ? 'passed' : 'failed'] += 1
  if (status !== 0) failures.push(name)
}

/** Runs vitest, which prints for people and writes a report that is counted here. */
function runTests(name: string, config: string, env: NodeJS.ProcessEnv = {}): void {
  say(`── ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'dailyfeed-report-'))
  const report = join(folder, 'report.json')
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        bin('vitest'),
        'run',
        '--config',
        config,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
      },
    )
    const counts = readReport(report, root)
    total.passed += counts.passed
    total.skipped += counts.skipped
    failures.push(...counts.failures)
    // A run that failed without a failed test (a crash, an unreadable file) is one failure.
    if (counts.failed === 0 && status !== 0) {
      total.failed += 1
      failures.push(`${name}: ended with ${status} without a failed test`)
    }
    total.failed += counts.failed
    if (isCi && counts.skipped > 0) {
      total.failed += counts.skipped
      failures.push(`${name}: ${counts.skipped} skipped`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function skip(name: string, reason: string): void {
  missing.push(`${name}: ${reason}`)
  total.skipped += 1
  if (isCi) total.failed += 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
