import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export interface SourceFile {
  /** From the root, with slashes. */
  path: string
  text: string
}

export const ROOT = join(import.meta.dirname, '..', '..')

/** Paths of all files that git tracks or would track. */
export function trackedFiles(root: string): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)))
}

export const sourceFiles = (root: string): SourceFile[] =>
  trackedFiles(root)
    .filter((path) => /\.(ts|tsx|mts|mjs)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** Specifiers of static imports, dynamic imports and re-exports, including those of types. */
export const importsOf = ({ text }: SourceFile): string[] =>
  [
    ...text.matchAll(
      /^(?:import|export)\s(?:[^'"]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
    ),
  ].map(([, stated, dynamic]) => stated ?? dynamic ?? '')

/** The workspace of a file (`modules/contract`, `web`); undefined for files of the root. */
export function workspaceOf(path: string): string | undefined {
  const [first = '', second = ''] = path.split('/')
  if (first === 'modules' || first === 'services') return `${first}/${second}`
  return ['platform', 'cli', 'web', 'bench', 'tests'].includes(first) ? first : undefined
}

/** The path from the root that a relative import resolves to. */
export const targetOf = (from: string, specifier: string) =>
  relative('.', join(dirname(from), specifier))
