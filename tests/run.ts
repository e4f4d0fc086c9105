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
 * `npm test`: everything, in the order in which a person would want to hear of a fault. Its last line counts every test
 * and every check; above it stand what failed, and each part that this machine cannot run, which is a failure under
 * CI=true.
 */
const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const isCi = process.env['CI'] === 'true'
/** What Node compiled once is read by every test file and every service that a test starts: a third to a half of the time they take to start. */
const compileCache = join(root, 'node_modules', '.cache', 'node')
const total = { passed: 0, failed: 0, skipped: 0 }
const missing: string[] = []
/** Told again at the end: who reads the last page of a long log sees what to look at. */
const failures: string[] = []
const startedAt = performance.now()

check('types', bin('tsc'), ['-p', '.'])
check('types of the web client', bin('tsc'), ['-p', 'web', '--noEmit'])
check('lint and format', bin('biome'), ['check', '.'])
check('unused code and dependencies', bin('knip'), [])
// What is fetched for them is fetched here, once: test files run beside each other.
const kafka = await provideKafka(process.env, say)
if ('reason' in kafka) missing.push(`every test with Apache Kafka: ${kafka.reason}`)
const redis = await provideRedis(process.env, say)
if ('reason' in redis) missing.push(`every test with Redis: ${redis.reason}`)
const openSearch = await provideOpenSearch(process.env, say)
runTests('unit and integration', 'vitest.config.ts')
if ('reason' in openSearch) skip('search over OpenSearch', openSearch.reason)
else runTests('search over OpenSearch', 'services/search/opensearch.vitest.config.ts')
runTests('acceptance, through the gateway', 'tests/acceptance/vitest.config.ts')
runTests('faults, a seeded selection', 'tests/faults/vitest.config.ts')
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

/** vitest tells its figures in a file, so that what it prints stays for people. */
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
    const figures = readReport(report, root)
    total.passed += figures.passed
    total.skipped += figures.skipped
    failures.push(...figures.failures)
    // A run that failed without a failed test (a crash, a file that cannot be read) is one failure.
    if (figures.failed === 0 && status !== 0) {
      total.failed += 1
      failures.push(`${name}: ended with ${status} without a failed test`)
    }
    total.failed += figures.failed
    if (isCi && figures.skipped > 0) {
      total.failed += figures.skipped
      failures.push(`${name}: ${figures.skipped} skipped`)
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
