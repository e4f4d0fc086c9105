import type { Check } from './checks.ts'
import { type SourceFile, sourceFiles } from './source-files.ts'
import { syntaxOf } from './syntax.ts'

const LONGEST_FILE = 450
const LONGEST_FUNCTION = 80
const CASTS_PER_1000_LINES = 0.3

const isProduct = ({ path }: SourceFile) =>
  /^(?:modules|services|platform|cli|web)\//.test(path) &&
  !/\.test\.tsx?$|[-.]fixture\.ts$/.test(path)

const linesOf = (text: string) => text.trimEnd().split('\n').length

export const fileLengths: Check = (root) =>
  sourceFiles(root)
    .map(({ path, text }) => ({ path, lines: linesOf(text) }))
    .filter(({ lines }) => lines > LONGEST_FILE)
    .map(({ path, lines }) => `${path} has ${lines} lines; at most ${LONGEST_FILE}`)

/** A closure counts with everything inside it: state in a dozen variables is a class in disguise. */
export const functionLengths: Check = (root) =>
  sourceFiles(root)
    .filter(isProduct)
    .flatMap((file) =>
      syntaxOf(file)
        .functions.filter(({ lines }) => lines > LONGEST_FUNCTION)
        .map(
          ({ line, lines, name }) =>
            `${file.path}:${line}: ${name} has ${lines} lines; at most ${LONGEST_FUNCTION}`,
        ),
    )

/** A cast hides what the compiler would have said. A few are left where a library's types lie. */
export const casts: Check = (root) => {
  const files = sourceFiles(root).filter(isProduct)
  const lines = files.reduce((sum, { text }) => sum + linesOf(text), 0)
  const found = files.flatMap((file) =>
    syntaxOf(file).casts.map(({ line, text }) => `${file.path}:${line}: ${text}`),
  )
  return found.length <= (CASTS_PER_1000_LINES * lines) / 1_000 ? [] : found
}
