import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKS } from './checks.ts'

/**
 * `npm run test:security`: prints every check of authentication with its verdict, which is the
 * verdict of all tests whose titles name its id.
 */
const ROOT = join(import.meta.dirname, '..', '..')
const TITLE_WITH_ID = '(^| )[ABC][0-9]+(, [ABC][0-9]+)*: '
const RUNS: readonly [config: string, ...filters: string[]][] = [
  ['vitest.config.ts', 'modules/access-token', 'services/member'],
  ['tests/acceptance/vitest.config.ts', 'tests/acceptance/security.test.ts'],
]

interface Result {
  title: string
  status: 'passed' | 'failed' | 'skipped' | 'pending'
}

function run([config, ...filters]: (typeof RUNS)[number]): Result[] {
  const folder = mkdtempSync(join(tmpdir(), 'dailyfeed-security-'))
  const report = join(folder, 'report.json')
  try {
    const vitest = join(ROOT, 'node_modules', '.bin', 'vitest')
    const args = [
      'run',
      '--config',
      config,
      '--reporter=json',
      `--outputFile.json=${report}`,
      '-t',
      TITLE_WITH_ID,
      ...filters,
    ]
    spawnSync(process.execPath, [vitest, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: { fullName: string; status: Result['status'] }[] }[]
    }
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName }) => new RegExp(TITLE_WITH_ID).test(fullName))
      .map(({ fullName, status }) => ({ title: fullName, status }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const idsOf = (title: string): string[] =>
  [...title.matchAll(/(?:^| )((?:[ABC][0-9]+(?:, )?)+): /g)].flatMap(([, ids = '']) =>
    ids.split(', '),
  )

const results = RUNS.flatMap(run)
let passedChecks = 0
for (const [id, sentence] of Object.entries(CHECKS)) {
  const tests = results.filter(({ title }) => idsOf(title).includes(id))
  const passed = tests.filter(({ status }) => status === 'passed').length
  const verdict = tests.length === 0 ? 'NO TEST' : passed === tests.length ? 'pass' : 'FAIL'
  if (verdict === 'pass') passedChecks += 1
  say(`${id.padEnd(4)} ${verdict.padEnd(8)} ${passed} of ${tests.length} tests  ${sentence}`)
}
for (const { title, status } of results) if (status !== 'passed') say(`${status}: ${title}`)
const total = Object.keys(CHECKS).length
say(`${passedChecks} of ${total} checks pass`)
process.exitCode = passedChecks === total ? 0 : 1

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
