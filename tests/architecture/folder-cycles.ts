import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './checks.ts'
import { importsOf, type SourceFile, sourceFiles, targetOf, workspaceOf } from './source-files.ts'

/**
 * Folders of one workspace import each other in one direction, and so do workspaces. Biome's
 * `noImportCycles` checks the same for files. Files directly in `src` (the app, the context) are
 * left to that rule: they are where all features of a workspace come together. Imports of types
 * count, since a reader follows them too.
 */
export const folderCycles: Check = (root) => {
  const edges = new Map<string, Map<string, string>>()
  for (const file of sourceFiles(root).filter(isProduct))
    for (const specifier of importsOf(file)) {
      const target = resolve(root, file.path, specifier)
      const [from, to] = target === undefined ? [] : foldersOf(file.path, target)
      if (from === undefined || to === undefined || to === from) continue
      const targets = edges.get(from) ?? new Map<string, string>()
      if (!targets.has(to)) targets.set(to, `${file.path} imports ${target}`)
      edges.set(from, targets)
    }
  return cyclesOf(edges).map(
    (folders) =>
      `${folders.join(' → ')}: ${folders
        .slice(1)
        .map((to, at) => edges.get(folders[at] ?? '')?.get(to))
        .join('; ')}`,
  )
}

const isProduct = ({ path }: SourceFile) =>
  /^(?:modules|services|platform|web)\//.test(path) && !/\.test\.tsx?$|[-.]fixture\.ts$/.test(path)

/** The two workspaces, or the two feature folders where both files stand in one workspace. */
function foldersOf(from: string, to: string): [string | undefined, string | undefined] {
  const own = workspaceOf(from)
  const other = workspaceOf(to)
  return own === other ? [featureFolderOf(from), featureFolderOf(to)] : [own, other]
}

/** `services/content/src/post/post.queries.ts` stands in `services/content/src/post`. */
const featureFolderOf = (path: string) => /^.*?\/src\/[^/]+(?=\/)/.exec(path)?.[0]

function resolve(root: string, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return targetOf(from, specifier)
  const [, workspace, inside] = /^@dailyfeed\/([^/]+)\/(.+)$/.exec(specifier) ?? []
  return ['modules', 'services', '.']
    .map((parent) => join(parent, workspace ?? '', 'src', `${inside}.ts`))
    .find((path) => existsSync(join(root, path)))
}

/** The shortest cycle through each folder that is part of one; each cycle once. */
function cyclesOf(edges: Map<string, Map<string, string>>): string[][] {
  const cycles = new Map<string, string[]>()
  for (const start of edges.keys()) {
    const cycle = shortestWayBack(edges, start)
    if (cycle !== undefined) {
      const key = [...new Set(cycle)].sort().join(' ')
      if (!cycles.has(key)) cycles.set(key, cycle)
    }
  }
  return [...cycles.values()]
}

function shortestWayBack(
  edges: Map<string, Map<string, string>>,
  start: string,
): string[] | undefined {
  const queue = [[start]]
  const seen = new Set<string>()
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of edges.get(path.at(-1) ?? '')?.keys() ?? []) {
      if (next === start) return [...path, start]
      if (seen.has(next)) continue
      seen.add(next)
      queue.push([...path, next])
    }
  }
  return undefined
}
