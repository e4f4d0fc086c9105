import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  boundaries,
  type Check,
  dependencies,
  doors,
  environment,
  names,
  portability,
} from './checks.ts'
import { ROOT } from './source-files.ts'

/** A repository with one violation in it. */
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

const RULES: [rule: string, check: Check, violation: Record<string, string>][] = [
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
    'no file climbs into another workspace',
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
    'only the top of a process reads process.env',
    environment,
    { 'services/content/src/post.ts': 'export const port = process.env.PORT' },
  ],
  [
    'a library behind a door is imported there alone',
    doors,
    { 'services/content/src/post.ts': "import sharp from 'sharp'" },
  ],
  [
    'no registry address and no path of one machine is in the repository',
    portability,
    { 'package-lock.json': JSON.stringify({ resolved: 'https:' }) },
  ],
]

test.each(RULES)('%s', (_rule, check) => {
  expect(check(ROOT)).toEqual([])
})

test.each(RULES)('the check notices when it is broken: %s', (_rule, check, violation) => {
  const root = planted(violation)
  try {
    expect(check(root)).toHaveLength(1)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
