import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** The fields of the report of vitest's JSON reporter that are used here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly FileResult[]
}

interface FileResult {
  readonly name: string
  readonly status: string
  /** The reason why the file itself failed; empty where only a test in it failed. */
  readonly message: string
  readonly assertionResults: readonly {
    readonly fullName: string
    readonly status: string
    readonly failureMessages: readonly string[]
  }[]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** One text per failed test: its file, its title, and the first lines of its message. */
  readonly failures: readonly string[]
}

/** Enough for a failed assertion and a few lines of its diff. */
const FAILURE_LINES = 15
const FAILURE_LINE_CHARACTERS = 400

/** The counts of one run of vitest; a missing report counts as one failure. */
export function readReport(path: string, root: string): Counts {
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['a run of vitest left no report'] }
  }
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap((file) => failuresOf(file, root)),
  }
}

function failuresOf(
  { name, status, message, assertionResults }: FileResult,
  root: string,
): string[] {
  const file = relative(root, name)
  const ofTests = assertionResults
    .filter((result) => result.status === 'failed')
    .map(
      ({ fullName, failureMessages }) =>
        `${file} > ${fullName.trim()}\n${shorten(failureMessages.join('\n'))}`,
    )
  return ofTests.length === 0 && status === 'failed' ? [`${file}\n${shorten(message)}`] : ofTests
}

/** Removes colours and the stack, which the log of the run contains in full. */
function shorten(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, FAILURE_LINES)
    .map((line) => `    ${line.slice(0, FAILURE_LINE_CHARACTERS)}`)
    .join('\n')
}
