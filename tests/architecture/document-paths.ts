import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import type { Check } from './checks.ts'
import { sourceFiles, trackedFiles, workspaceOf } from './source-files.ts'
import { syntaxOf } from './syntax.ts'

const ROOT_FOLDERS = 'bench|bin|cli|deploy|docs|modules|patches|platform|services|tests|web'
const FILE_ENDINGS = 'ts|tsx|mts|mjs|sql|md|css|java|patch'

/** A file name (`post.routes.ts`), a path below a folder of the root, or one below `src`. */
const LOOKS_LIKE_A_PATH = new RegExp(
  `^(?:\\.\\./)*(?:(?:${ROOT_FOLDERS}|src)/[\\w@.*/-]*|[\\w@*/-][\\w@.*/-]*\\.(?:${FILE_ENDINGS}))$`,
)

/** Built, written or given at run time, so that git does not track it. */
const NOT_TRACKED = /^(?:web\/dist|bench\/results|.*\.local\.\w+)/

/** Every path in backticks of a document leads to a file or folder of this repository. */
export const documentPaths: Check = (root) => {
  const paths = trackedFiles(root)
  const folders = new Set(paths.flatMap(parentsOf))
  return paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) =>
      codeSpansOf(readFileSync(join(root, page), 'utf8'))
        .filter((code) => LOOKS_LIKE_A_PATH.test(code) && !NOT_TRACKED.test(code))
        .filter((code) => !leadsSomewhere(page, code, paths, folders))
        .map((code) => `${page}: \`${code}\` is no file of this repository`),
    )
}

/** `docs/…` and `decision 0015` in comments lead to a page, too. */
export const citedDocuments: Check = (root) => {
  const paths = trackedFiles(root)
  const decisions = new Set(
    paths.flatMap((path) => /^docs\/decisions\/(\d{4})-/.exec(path)?.[1] ?? []),
  )
  const cited = [
    ...sourceFiles(root).flatMap(({ path, text }) =>
      syntaxOf({ path, text }).comments.map((comment) => ({ path, text: comment.text })),
    ),
    ...paths
      .filter((path) => /\.(?:md|sql)$/.test(path))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  ]
  return cited.flatMap(({ path, text }) => [
    ...[...text.matchAll(/(?<![\w./-])docs\/[\w/.-]*\w/g)]
      .map(([page]) => page)
      .filter(
        (page) =>
          !paths.some(
            (one) => one === page || one.startsWith(`${page}/`) || one.startsWith(`${page}-`),
          ),
      )
      .map((page) => `${path} cites ${page}, which does not exist`),
    ...[...text.matchAll(/\bdecisions? (\d{4})\b/gi)]
      .filter(([, decision = '']) => !decisions.has(decision))
      .map(([citation]) => `${path} cites ${citation}, which does not exist`),
  ])
}

const codeSpansOf = (text: string) =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  )

const parentsOf = (path: string): string[] => {
  const parent = dirname(path)
  return parent === '.' ? [] : [parent, ...parentsOf(parent)]
}

/** A page of a workspace may leave out the folders in front of a path of that workspace. */
function leadsSomewhere(page: string, code: string, paths: string[], folders: Set<string>) {
  const workspace = workspaceOf(page)
  const candidates = [code, join(dirname(page), code), join(workspace ?? '', code)].map((path) =>
    normalize(path).replace(/\/$/, ''),
  )
  if (candidates.some((path) => folders.has(path) || paths.includes(path))) return true
  const ending = new RegExp(`(?:^|/)${code.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  return (
    !code.startsWith('../') &&
    paths.some(
      (path) => (workspace === undefined || path.startsWith(`${workspace}/`)) && ending.test(path),
    )
  )
}
