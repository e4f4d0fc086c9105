import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What vitest's JSON reporter writes, as far as it is read here. */
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
  /** Why the file itself failed; empty where a test of it did. */
  readonly message: string
  readonly assertionResults: readonly {
    readonly fullName: string
    readonly status: string
    readonly failureMessages: readonly string[]
  }[]
}

export interface Figures {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** One text for each failed test: its file, its name, and the first lines of what it said. */
  readonly failures: readonly string[]
}

/** Enough for an assertion with a few lines of its difference. */
const FAILURE_LINES = 15
const FAILURE_LINE_CHARACTERS = 400

/** The figures of one run of vitest; where it left no report, that is one failure. */
export function readReport(path: string, root: string): Figures {
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
        `${file} > ${fullName.trim()}\n${inShort(failureMessages.join('\n'))}`,
    )
  return ofTests.length === 0 && status === 'failed' ? [`${file}\n${inShort(message)}`] : ofTests
}

/** Without the stack: the whole of it stands further up in the log. */
function inShort(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, FAILURE_LINES)
    .map((line) => `    ${line.slice(0, FAILURE_LINE_CHARACTERS)}`)
    .join('\n')
}
