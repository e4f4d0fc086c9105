import { builtinModules } from 'node:module'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importsOf, sourceFiles, targetOf, trackedFiles, workspaceOf } from './source-files.ts'

/** Takes the root of a repository and returns one sentence per violation. */
export type Check = (root: string) => string[]

const isTestFile = (path: string) => /\.test\.tsx?$/.test(path) || /-fixture\.ts$/.test(path)

const packageNames = (root: string): Map<string, string> =>
  new Map(
    trackedFiles(root)
      .filter((path) => path.endsWith('package.json') && path !== 'package.json')
      .map((path) => [
        (JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string }).name,
        path.slice(0, -'/package.json'.length),
      ]),
  )

/** Modules do not depend on services, and services depend on each other only by their contract. */
export const boundaries: Check = (root) => {
  const folders = packageNames(root)
  return sourceFiles(root).flatMap((file) => {
    const from = workspaceOf(file.path)
    return importsOf(file).flatMap((specifier) => {
      const packageName = specifier.split('/').slice(0, 2).join('/')
      const to = specifier.startsWith('.')
        ? workspaceOf(targetOf(file.path, specifier))
        : folders.get(packageName)
      if (from === undefined || to === undefined || to === from) return []
      if (specifier.startsWith('.'))
        return [`${file.path} climbs into ${to}; import it by its package's name`]
      if (to === 'tests' && !isTestFile(file.path) && from !== 'bench')
        return [`${file.path} is not a test, but imports ${to}`]
      if (from.startsWith('modules/') && to !== 'tests' && !to.startsWith('modules/'))
        return [`${file.path}: a module imports ${to}`]
      if (from.startsWith('services/') && to !== 'tests' && !to.startsWith('modules/'))
        return [`${file.path}: a service imports ${to}`]
      if (from === 'web' && !['modules/contract', 'modules/concurrency'].includes(to))
        return [`${file.path}: the web client imports ${to}`]
      return []
    })
  })
}

const MEANINGLESS = new Set([
  'common',
  'commons',
  'util',
  'utils',
  'helper',
  'helpers',
  'shared',
  'core',
  'misc',
  'lib',
  'index',
])

/** A file with a vague name collects code that belongs to several features. */
export const names: Check = (root) =>
  trackedFiles(root).flatMap((path) => {
    const words = path
      .split('/')
      .map((part, at, all) => (at === all.length - 1 ? part.split('.')[0] : part))
    const bad = words.find((word) => MEANINGLESS.has(word ?? ''))
    return bad === undefined || path === 'web/index.html'
      ? []
      : [`${path}: '${bad}' says nothing; name the file after what it does`]
  })

const BUILT_IN = new Set(builtinModules)

/** The image of one service holds only the dependencies that its own package.json declares. */
export const dependencies: Check = (root) => {
  const declared = new Map<string, Set<string>>()
  const declaredBy = (workspace: string) => {
    let known = declared.get(workspace)
    if (known === undefined) {
      const own = readManifest(root, workspace)
      const development = readManifest(root, '.')
      known = new Set([
        own.name,
        ...Object.keys({ ...own.dependencies, ...own.devDependencies }),
        ...Object.keys(development.devDependencies ?? {}),
      ])
      declared.set(workspace, known)
    }
    return known
  }
  return sourceFiles(root).flatMap((file) => {
    const workspace = workspaceOf(file.path)
    if (workspace === undefined || !existsSync(join(root, workspace, 'package.json'))) return []
    return importsOf(file).flatMap((specifier) => {
      if (specifier.startsWith('.') || specifier.startsWith('node:') || BUILT_IN.has(specifier))
        return []
      const name = specifier.startsWith('@')
        ? specifier.split('/').slice(0, 2).join('/')
        : (specifier.split('/')[0] ?? '')
      // Tests may use the dependencies of the workspace `tests`.
      const known =
        declaredBy(workspace).has(name) ||
        (isTestFile(file.path) && (name === '@dailyfeed/tests' || declaredBy('tests').has(name)))
      return known
        ? []
        : [`${file.path} imports ${name}, which ${workspace}/package.json does not declare`]
    })
  })
}

interface Manifest {
  name: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const readManifest = (root: string, workspace: string) =>
  JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as Manifest

/** `main.ts` reads the configuration once, checks it and passes it on. */
export const environment: Check = (root) =>
  sourceFiles(root)
    .filter(
      ({ path }) =>
        /^(modules|services|platform|cli)\//.test(path) &&
        !isTestFile(path) &&
        !/\/main\.ts$/.test(path),
    )
    .filter(({ text }) =>
      /process\.env(?!\s*\[?['".]*\s*\[?['"]?PATH)/.test(
        text.replaceAll(/\.\.\.process\.env, LC_ALL/g, ''),
      ),
    )
    .map(({ path }) => `${path} reads process.env; take it from the configuration`)

/** Libraries that one workspace wraps, so that they can be replaced there. */
const OWNERS: Record<string, string> = {
  '@platformatic/kafka': 'modules/kafka-support',
  sharp: 'services/image',
  redis: 'modules/redis-support',
  undici: 'modules/service-client',
}

export const ownedLibraries: Check = (root) =>
  sourceFiles(root).flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const owner = OWNERS[specifier]
      const workspace = workspaceOf(file.path)
      return owner === undefined ||
        workspace === owner ||
        isTestFile(file.path) ||
        workspace === 'tests' ||
        workspace === 'bench'
        ? []
        : [`${file.path} imports ${specifier}; only ${owner} does`]
    }),
  )

/** Ways to send an HTTP request without service-client. Types of `node:http` are no such way. */
const HTTP_CALLS: [pattern: RegExp, name: string][] = [
  [/(?<![.\w#])fetch\(/, 'fetch'],
  [/\bglobalThis\.fetch\b/, 'fetch'],
  [/^import \{[^}]*\b(?:request|get|Agent)\b[^}]*\} from 'node:https?'/m, 'node:http'],
  [/\bhttps?\.(?:request|get)\(/, 'node:http'],
  [/\bnew (?:XMLHttpRequest|EventSource|WebSocket)\(/, 'a client of the browser'],
  [/\bcreateRemoteJWKSet\((?![\s\S]*\[customFetch\])/, 'the fetch of jose'],
]

/**
 * Calls between services have one place for their limits, circuits, retries and deadlines. The platform and the web
 * client call no service: they use the public API and download programs.
 */
export const serviceCalls: Check = (root) =>
  sourceFiles(root)
    .filter(
      ({ path }) =>
        /^(?:modules|services|cli)\//.test(path) &&
        !path.startsWith('modules/service-client/') &&
        !isTestFile(path),
    )
    .flatMap(({ path, text }) =>
      HTTP_CALLS.filter(([pattern]) => pattern.test(text)).map(
        ([, name]) => `${path} calls by ${name}; services are called by modules/service-client`,
      ),
    )

/** A clone must work on every machine, with every registry. */
export const portability: Check = (root) =>
  trackedFiles(root)
    .filter(
      (path) => /\.(json|ts|tsx|mjs|md|ya?ml|sql|css|html|sh)$/.test(path) || path === '.npmrc',
    )
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      const resolved = path.endsWith('package-lock.json') && /"resolved": *"https?:/.test(text)
      const machine = /(^|[^\w./-])\/(work|farm|root|home)\/\w/m.test(text)
      return [
        ...(resolved ? [`${path} holds the address of a registry`] : []),
        ...(machine ? [`${path} holds a path of one machine`] : []),
      ]
    })
