import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Syntax, syntaxOf } from '@dailyfeed/tests/architecture/syntax'
import { alignedTable } from './measurement.ts'
import { percentile } from './percentile.ts'

/**
 * `npm run measure:code`: prints the shape of the code by area: sizes of files, width and density of
 * lines, comments, casts, test titles and the largest functions. `--root PATH` measures another
 * tree. Product code and tests are counted apart; style sheets and documents are not counted.
 */
const HERE = join(import.meta.dirname, '..')
const LARGEST_FUNCTIONS = 10

interface CodeFile {
  path: string
  text: string
  lines: string[]
  syntax: Syntax
}

const { values } = parseArgs({ options: { root: { type: 'string', default: HERE } } })
const files = codeFilesOf(resolve(values.root))
const isTest = ({ path }: CodeFile) =>
  path.startsWith('tests/') || /\.test\.tsx?$|[-.]fixture\.ts$/.test(path)
const product = files.filter((file) => !isTest(file) && !file.path.startsWith('bench/'))

const areas = new Map<string, CodeFile[]>([
  ['product', product],
  ['services', within('services/')],
  ...[...new Set(within('services/').map(({ path }) => path.split('/')[1] ?? ''))]
    .sort()
    .map((name): [string, CodeFile[]] => [`  ${name}`, within(`services/${name}/`)]),
  ['modules', within('modules/')],
  ['platform', within('platform/')],
  ['cli', within('cli/')],
  ['web', within('web/')],
  ['bench', files.filter((file) => !isTest(file) && file.path.startsWith('bench/'))],
  ['tests', files.filter(isTest)],
])

const HEAD = [
  'area',
  'files',
  'lines',
  'median / p95 / largest',
  'chars per line',
  '> 120',
  '> 100',
  'comments',
  'casts per 1,000',
  'titles median / p95 / max',
]
print(alignedTable([HEAD, ...[...areas].map(([name, members]) => rowOf(name, members))]))
print('\nlargest functions of the product')
const functions = product.flatMap(({ path, syntax }) =>
  syntax.functions.map(({ line, lines, name }) => ({ place: `${path}:${line}`, lines, name })),
)
for (const { place, lines, name } of functions
  .sort((a, b) => b.lines - a.lines)
  .slice(0, LARGEST_FUNCTIONS))
  print(`${String(lines).padStart(5)}  ${name || '(anonymous)'}  ${place}`)

function within(folder: string): CodeFile[] {
  return product.filter(({ path }) => path.startsWith(folder))
}

function rowOf(name: string, members: readonly CodeFile[]): string[] {
  const lines = members.flatMap((file) => file.lines)
  const sizes = members.map((file) => file.lines.length)
  const casts = members.reduce((sum, { syntax }) => sum + syntax.casts.length, 0)
  const titles = members.flatMap(({ syntax }) => syntax.titles.map(({ text }) => text.length))
  const share = (count: number) => `${((100 * count) / Math.max(1, lines.length)).toFixed(1)} %`
  const characters = lines.reduce((sum, line) => sum + line.length, 0)
  return [
    name,
    String(members.length),
    lines.length.toLocaleString('en'),
    spread(sizes),
    (characters / Math.max(1, lines.length)).toFixed(1),
    share(lines.filter(({ length }) => length > 120).length),
    share(lines.filter(({ length }) => length > 100).length),
    share(lines.filter((line) => /^\s*(?:\/\/|\/?\*)/.test(line)).length),
    ((1_000 * casts) / Math.max(1, lines.length)).toFixed(2),
    titles.length === 0 ? '–' : spread(titles),
  ]
}

function spread(sizes: readonly number[]): string {
  return [percentile(sizes, 50), percentile(sizes, 95), Math.max(...sizes)].join(' / ')
}

function codeFilesOf(root: string): CodeFile[] {
  return execFileSync('git', ['ls-files', '*.ts', '*.tsx', '*.mts', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, lines: text.trimEnd().split('\n'), syntax: syntaxOf({ path, text }) }
    })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
