import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readReport } from './vitest-report.ts'

const folder = mkdtempSync(join(tmpdir(), 'dailyfeed-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const counts = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0 }

function written(testResults: unknown[]): string {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify({ ...counts, testResults }))
  return path
}

test('a failed test is reported with file, title and message, without colours and stack', () => {
  const path = written([
    {
      name: '/clone/services/feed.test.ts',
      status: 'failed',
      message: '',
      assertionResults: [
        { fullName: ' a page is full', status: 'passed', failureMessages: [] },
        {
          fullName: ' no page is short',
          status: 'failed',
          failureMessages: [
            '\u001b[31mAssertionError: expected 19 to be 20\u001b[39m\n    at /clone/services/feed.test.ts:7:3',
          ],
        },
      ],
    },
  ])
  expect(readReport(path, '/clone')).toEqual({
    passed: 3,
    failed: 1,
    skipped: 1,
    failures: [
      'services/feed.test.ts > no page is short\n    AssertionError: expected 19 to be 20',
    ],
  })
})

test('a file that fails before its first test is reported as a failure', () => {
  const path = written([
    {
      name: '/clone/tests/a.test.ts',
      status: 'failed',
      message: 'Cannot find module',
      assertionResults: [],
    },
    { name: '/clone/tests/b.test.ts', status: 'passed', message: '', assertionResults: [] },
  ])
  expect(readReport(path, '/clone').failures).toEqual(['tests/a.test.ts\n    Cannot find module'])
})

test('a run without a report counts as failed', () => {
  expect(readReport(join(folder, 'none.json'), '/clone')).toMatchObject({
    failed: 1,
    failures: [expect.stringContaining('no report')],
  })
})
