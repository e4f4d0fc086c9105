import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './checks.ts'
import { growingPlaces } from './growing-places.ts'
import { sourceFiles } from './source-files.ts'

const DOCUMENT = 'docs/limits.md'
/** A row of the table of places: file, symbol, bound. */
const ROW = /^\| `([^`]+\.m?ts)` \| `([^`]+)` \| ([^|]+) \|$/gm

const isServer = (path: string) =>
  /^(?:modules|services|platform)\//.test(path) && !/\.test\.ts$|[-.]fixture\.ts$/.test(path)

/** Every place that may grow or wait has its bound in docs/limits.md, and every row there has its place. */
export const bounds: Check = (root) => {
  const path = join(root, DOCUMENT)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const rows = [...text.matchAll(ROW)].map(([, file, symbol]) => `${file} ${symbol}`)
  const documented = new Set(rows)
  const found = new Set<string>()
  const missing = sourceFiles(root)
    .filter(({ path }) => isServer(path))
    .flatMap((file) =>
      growingPlaces(file).flatMap(({ symbol, line, kind }) => {
        const key = `${file.path} ${symbol}`
        found.add(key)
        return documented.has(key)
          ? []
          : [
              `${file.path}:${line}: the ${kind} '${symbol}' has no bound in ${DOCUMENT}; give it one, and add the row | \`${file.path}\` | \`${symbol}\` | … |`,
            ]
      }),
    )
  const outdated = rows
    .filter((key) => !found.has(key))
    .map((key) => `${DOCUMENT} has a row for '${key}', which does not exist any more; remove it`)
  return [...missing, ...outdated]
}
