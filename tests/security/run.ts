import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `npm run test:security`: every check of authentication by its id, with what became of its tests. An id stands in the
 * title of each test that is about it, before a colon.
 */
const root = join(import.meta.dirname, '..', '..')
const IDS = [
  ...Array.from({ length: 10 }, (_, n) => `A${n + 1}`),
  ...Array.from({ length: 13 }, (_, n) => `B${n + 1}`),
  ...Array.from({ length: 10 }, (_, n) => `C${n + 1}`),
]
const WITH_ID = '(^| )[ABC][0-9]+(, [ABC][0-9]+)*: '
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
    const vitest = join(root, 'node_modules', '.bin', 'vitest')
    const args = [
      'run',
      '--config',
      config,
      '--reporter=json',
      `--outputFile.json=${report}`,
      '-t',
      WITH_ID,
      ...filters,
    ]
    spawnSync(process.execPath, [vitest, ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: { fullName: string; status: Result['status'] }[] }[]
    }
    return testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ fullName }) => new RegExp(WITH_ID).test(fullName))
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
const lines = IDS.map((id) => {
  const tests = results.filter(({ title }) => idsOf(title).includes(id))
  const passed = tests.filter(({ status }) => status === 'passed').length
  const verdict = tests.length === 0 ? 'NO TEST' : passed === tests.length ? 'pass' : 'FAIL'
  return {
    id,
    verdict,
    line: `${id.padEnd(4)} ${verdict.padEnd(8)} ${passed} of ${tests.length}  ${tests[0]?.title.slice(0, 110) ?? ''}`,
  }
})
for (const { line } of lines) process.stdout.write(`${line}\n`)
for (const { title, status } of results)
  if (status !== 'passed') process.stdout.write(`${status}: ${title}\n`)
const good = lines.filter(({ verdict }) => verdict === 'pass').length
process.stdout.write(`${good} of ${IDS.length} checks pass\n`)
process.exitCode = good === IDS.length ? 0 : 1
