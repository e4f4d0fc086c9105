import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flagsOfImage, flagsOfStart } from './node-flags.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const printed = (kind: string) =>
  execFileSync(process.execPath, [join(ROOT, 'bin', 'node-flags.mjs'), kind], { encoding: 'utf8' })

test('npm start and the image take their V8 flags from deploy/node-flags.json alone', async () => {
  expect(printed('platform').trim().split(' ')).toEqual(await flagsOfStart())
  expect(printed('service').trim().split(' ')).toEqual(await flagsOfImage())
  const { start } = JSON.parse(read('package.json')).scripts
  expect(start).toContain('$(node bin/node-flags.mjs platform)')
  expect(read('deploy/Dockerfile')).toContain('$(node bin/node-flags.mjs service)')
  for (const text of [start, read('deploy/Dockerfile')])
    expect(text).not.toMatch(/space-size|pretenur/)
})

test('Node accepts every flag', async () => {
  for (const flags of [await flagsOfStart(), await flagsOfImage()])
    expect(execFileSync(process.execPath, [...flags, '-p', '1'], { encoding: 'utf8' })).toBe('1\n')
})
