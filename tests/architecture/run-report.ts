import * as cycles from './folder-cycles.ts'
import * as paths from './document-paths.ts'
import * as prose from './prose.ts'
import * as shape from './shape.ts'
import { ROOT } from './source-files.ts'
import * as words from './vocabulary.ts'

/**
 * Prints what the checks that are not part of `npm test` yet have found:
 * `node tests/architecture/run-report.ts`, with words that each printed line must contain.
 */
const [, , ...wanted] = process.argv
for (const [name, check] of Object.entries({ ...words, ...prose, ...shape, ...cycles, ...paths })) {
  const found = check(ROOT)
    .map((one) => `${name}  ${one}`)
    .filter((one) => wanted.every((word) => one.includes(word)))
  process.stdout.write(`${[...found, `${name}: ${found.length}`].join('\n')}\n`)
}
