import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  boundaries,
  type Check,
  dependencies,
  environment,
  names,
  ownedLibraries,
  portability,
  serviceCalls,
} from './checks.ts'
import { citedDocuments, documentPaths } from './document-paths.ts'
import { folderCycles } from './folder-cycles.ts'
import { limitedServices, limiterKeys } from './limiter-keys.ts'
import { bounds } from './limits.ts'
import { listRoutes } from './list-routes.ts'
import { openings, titles } from './prose.ts'
import { casts, fileLengths, functionLengths } from './shape.ts'
import { ROOT } from './source-files.ts'
import { vocabulary } from './vocabulary.ts'

/** Makes a repository that contains one violation. */
function planted(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'planted-'))
  execFileSync('git', ['init', '-q'], { cwd: root })
  for (const [path, text] of Object.entries({ 'package.json': '{"name":"planted"}', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const content = {
  'services/content/package.json':
    '{"name":"@dailyfeed/content","dependencies":{"@dailyfeed/member":"*"}}',
  'services/member/package.json': '{"name":"@dailyfeed/member"}',
}

type Rule = [rule: string, check: Check, violation: Record<string, string>]

const RULES: Rule[] = [
  [
    'no service imports another service’s code',
    boundaries,
    { ...content, 'services/content/src/post.ts': "import { x } from '@dailyfeed/member/account'" },
  ],
  [
    'no module imports a service',
    boundaries,
    {
      ...content,
      'modules/contract/package.json': '{"name":"@dailyfeed/contract"}',
      'modules/contract/src/a.ts': "import type { X } from '@dailyfeed/content/post'",
    },
  ],
  [
    'no file imports a file of another workspace by a relative path',
    boundaries,
    {
      ...content,
      'services/content/src/post.ts': "import { x } from '../../member/src/account.ts'",
    },
  ],
  [
    'no file or folder has a name that says nothing',
    names,
    { 'modules/contract/src/utils.ts': '' },
  ],
  [
    'every import is declared by its own workspace',
    dependencies,
    {
      'modules/contract/package.json': '{"name":"@dailyfeed/contract"}',
      'modules/contract/src/a.ts': "import x from 'left-pad'",
    },
  ],
  [
    'only the entry point of a process reads process.env',
    environment,
    { 'services/content/src/post.ts': 'export const port = process.env.PORT' },
  ],
  [
    'a library with one owning workspace is imported there alone',
    ownedLibraries,
    { 'services/content/src/post.ts': "import sharp from 'sharp'" },
  ],
  [
    'no service is called past service-client',
    serviceCalls,
    {
      'services/batch/src/topic.ts':
        "export const list = () => fetch('http://content-svc/internal/topics/list')",
    },
  ],
  [
    'no service is called by node:http',
    serviceCalls,
    { 'services/batch/src/topic.ts': "import { request } from 'node:http'\n" },
  ],
  [
    'no key set is loaded past service-client',
    serviceCalls,
    {
      'modules/access-token/src/keys.ts':
        'export const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000 })',
    },
  ],
  [
    'no registry address and no path of one machine is in the repository',
    portability,
    { 'package-lock.json': JSON.stringify({ resolved: 'https:' }) },
  ],
  [
    'every path in backticks of a document exists',
    documentPaths,
    { 'docs/feeds.md': 'Posts are written by `services/content/src/post.ts`.' },
  ],
  [
    'at most 0.3 casts stand in 1,000 lines of product code',
    casts,
    { 'services/content/src/post.ts': 'export const post = {} as never' },
  ],
  [
    'every document that a comment cites exists',
    citedDocuments,
    { 'services/content/src/post.ts': '// The limits are those of docs/limits.md.' },
  ],
  [
    'no two workspaces import each other',
    folderCycles,
    {
      'modules/outbox/src/relay.ts': "import { a } from '@dailyfeed/event-listener/listener'",
      'modules/event-listener/src/listener.ts': "import { b } from '@dailyfeed/outbox/relay'",
    },
  ],
  [
    'names, comments, titles and documents use the terms of the glossary',
    vocabulary,
    { 'services/content/src/post.ts': 'export const rememberedPosts = new Map()' },
  ],
  [
    'no comment or test title begins with a clause in place of a noun',
    openings,
    { 'services/content/src/post.ts': '// What was written since is read first.' },
  ],
  [
    'no test title is longer than 100 characters',
    titles,
    { 'services/content/src/post.test.ts': `test('${'a post '.repeat(15)}', () => {})` },
  ],
  [
    'no two folders of a workspace import each other',
    folderCycles,
    {
      'services/content/src/post/post.ts': "import { a } from '../comment/comment.ts'",
      'services/content/src/comment/comment.ts': "import { b } from '../post/post.ts'",
    },
  ],
  [
    'every list takes its part by ListQuery and listRequestOf, which bound the depth of pages',
    listRoutes,
    { 'services/content/src/post.routes.ts': 'const Query = { page: Type.Integer() }' },
  ],
  [
    'no limiter counts by an address instead of its block',
    limiterKeys,
    { 'services/member/src/login.ts': 'await logins.countOrThrow(client.address, reply)' },
  ],
  [
    'every service limits its routes',
    limitedServices,
    {
      'services/content/src/content-app.ts':
        "const app = await createHttpServer({ service: 'content', log })",
    },
  ],
  [
    'no file has more than 450 lines',
    fileLengths,
    { 'services/content/src/post.ts': 'export {}\n'.repeat(451) },
  ],
  [
    'no function has more than 80 lines',
    functionLengths,
    { 'services/content/src/post.ts': `function createPost() {${'\n'.repeat(81)}}` },
  ],
  [
    'every collection that outlives a call, cache, pool and endless loop has a bound in docs/limits.md',
    bounds,
    {
      'services/content/src/post.ts':
        'const seen = new Set()\nexport const see = (id) => seen.add(id)',
    },
  ],
  [
    'every bound in docs/limits.md is that of a place in the code',
    bounds,
    { 'docs/limits.md': '| `services/content/src/post.ts` | `seen` | 10 posts |' },
  ],
]

test.each(RULES)('%s', (_rule, check) => {
  expect(check(ROOT)).toEqual([])
})

test.each(RULES)('the check finds a planted violation: %s', (_rule, check, violation) => {
  const root = planted(violation)
  try {
    expect(check(root)).toHaveLength(1)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

/** The check of the tree itself is the lint of `npm test`. */
test('the linter finds a planted import cycle between files, also of types alone', () => {
  const root = planted({
    'src/post.ts': "import type { Author } from './author.ts'\n\nexport type Post = Author[]\n",
    'src/author.ts': "import type { Post } from './post.ts'\n\nexport type Author = Post | 1\n",
  })
  try {
    copyFileSync(join(ROOT, 'biome.json'), join(root, 'biome.json'))
    const { status, stdout } = spawnSync(
      join(ROOT, 'node_modules', '.bin', 'biome'),
      ['lint', '--reporter=json', '.'],
      { cwd: root, encoding: 'utf8' },
    )
    expect(stdout).toContain('noImportCycles')
    expect(status).toBe(1)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
