import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ERRORS } from '@dailyfeed/contract/errors'
import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import { SERVICE_NAMES } from '@dailyfeed/contract/services'
import { callSettingsOf, sharedCallSettings } from '@dailyfeed/service-client/call-settings'
import { expect, test } from 'vitest'
import { ROOT, trackedFiles } from './source-files.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('docs/errors.md lists every error code with its status and both sentences', () => {
  const page = read('docs/errors.md')
  const missing = Object.entries(ERRORS).filter(
    ([code, { status, ko, en }]) => !page.includes(`| \`${code}\` | ${status} | ${ko} | ${en} |`),
  )
  expect(missing.map(([code]) => code)).toEqual([])
})

test('docs/events.md names every event type', () => {
  const page = read('docs/events.md')
  expect(ACTIVITY_TYPES.filter((type) => !page.includes(`\`${type}\``))).toEqual([])
})

test('docs/limits.md lists the value of every call setting by class', () => {
  const page = read('docs/limits.md')
  const defaultsOf = (settings: object): Record<string, number> =>
    Object.fromEntries(
      Object.entries(settings).map(([name, schema]) => [
        name.replace(/^[A-Z]+/, '…'),
        (schema as { default: number }).default,
      ]),
    )
  const [critical = {}, ...others] = (['member', 'content', 'image'] as const).map((service) =>
    defaultsOf(callSettingsOf(service)),
  )
  const health = defaultsOf(sharedCallSettings)
  const missing = Object.keys(critical).filter((name) => {
    const values = [critical, ...others].map((defaults) => defaults[name])
    return !page.includes(`| \`${name}\` | ${values.join(' | ')} | ${health[name] ?? '–'} |`)
  })
  expect(missing).toEqual([])
})

test('every link between the documents leads to a file', () => {
  const broken = trackedFiles(ROOT)
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)]
        .filter(([, target = '']) => !existsSync(join(ROOT, dirname(path), target)))
        .map(([, target]) => `${path} → ${target}`),
    )
  expect(broken).toEqual([])
})

test('every service has a README that says what it owns, publishes, consumes and calls', () => {
  const incomplete = SERVICE_NAMES.filter((service) => {
    const page = existsSync(join(ROOT, 'services', service, 'README.md'))
      ? read(`services/${service}/README.md`)
      : ''
    return !['Owns', 'Publishes', 'Consumes', 'Calls'].every((word) =>
      new RegExp(word, 'i').test(page),
    )
  })
  expect(incomplete).toEqual([])
})

test('every decision has a status, a date and its sections, and stands in the index', () => {
  const index = read('docs/decisions/README.md')
  const incomplete = trackedFiles(ROOT).filter((path) => {
    const file = /^docs\/decisions\/(\d{4}-.+\.md)$/.exec(path)?.[1]
    if (file === undefined) return false
    const page = read(path)
    const [, title, date] =
      /^# \d{4} · (.+)\n\n\| Status \| Date \|\n\|---\|---\|\n\| .+ \| (\d{4}-\d\d-\d\d) \|\n/.exec(
        page,
      ) ?? []
    return !(
      title !== undefined &&
      ['Context', 'Decision', 'Consequences'].every((name) => page.includes(`\n## ${name}\n`)) &&
      index.includes(`](${file}) | ${title} | ${date} |`)
    )
  })
  expect(incomplete).toEqual([])
})

test('both languages of the README have the same commands, links and settings', () => {
  const partsOf = (path: string) =>
    [
      ...read(path)
        .replaceAll(/(?<=^(?:npm|npx) .*?)\s+# .*$/gm, '')
        .matchAll(/^(?:npm|npx) .*$|\]\((?!README)[^)]+\)|^\| `[A-Z_]+` \|/gm),
    ].map(([part]) => part)
  expect(partsOf('README.ko.md')).toEqual(partsOf('README.md'))
})

test('ARCHITECTURE.md names every module and every service', () => {
  const page = read('ARCHITECTURE.md')
  const modules = new Set(
    trackedFiles(ROOT).flatMap((path) => /^modules\/([^/]+)\//.exec(path)?.[1] ?? []),
  )
  expect([...modules, ...SERVICE_NAMES].filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
