import type { DeadLetterGroup } from '@dailyfeed/batch/dead-letter/dead-letter.schemas'
import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { day, oneOf, wholeNumber } from './arguments.ts'
import { checkIdOrThrow } from './dead-letters/dead-letters.ts'
import { groupsText, outcomeText } from './dead-letters/dead-letters.text.ts'
import { figuresText } from './output.ts'
import { daysText, lagsText, replayText } from './topics/topics.text.ts'

test.each(['0', '11', '-1', '1.5', 'x', '', '1e1'])(
  '%j is no whole number from 1 to 10',
  (text) => {
    expect(() => wholeNumber(1, 10)(text)).toThrow(InvalidArgumentError)
  },
)

test('options are parsed: numbers, days with and without dashes, values in any case', () => {
  expect([wholeNumber(1, 10)('1'), wholeNumber(1, 10)('10')]).toEqual([1, 10])
  expect([day('20261120'), day('2026-11-20')]).toEqual(['20261120', '20261120'])
  for (const text of ['20261301', '2026112', 'yesterday']) expect(() => day(text)).toThrow('a day')
  expect(oneOf(['LISTENER', 'PUBLISHER'])('listener')).toBe('LISTENER')
  expect(() => oneOf(['LISTENER'])('x')).toThrow('must be one of LISTENER')
})

test('ids of dead letters name their service and their kind', () => {
  for (const id of ['content-1', 'content-p12', 'activity-999']) checkIdOrThrow(id)
  for (const id of ['content', 'image-1', 'content-0', 'content-1x', '1'])
    expect(() => checkIdOrThrow(id), id).toThrow(`'${id}' is not the id of a dead letter`)
})

const group: DeadLetterGroup = {
  kind: 'LISTENER',
  service: 'activity',
  fingerprint: 'f1',
  step: 'record',
  status: 'OPEN',
  errorClass: 'TypeError',
  message: 'm'.repeat(200),
  count: 3,
  firstAt: '2026-11-20T00:00:00.000Z',
  lastAt: '2026-11-21T00:00:00.000Z',
  latestId: 'activity-9',
}

test('a group of dead letters is three lines, its message cut to 90 characters', () => {
  expect(groupsText([])).toBe('no dead letters')
  expect(groupsText([group]).split('\n')).toEqual([
    'f1        3  activity, record, OPEN',
    `    ${'m'.repeat(90)}`,
    '    from 2026-11-20T00:00:00.000Z to 2026-11-21T00:00:00.000Z, the latest is activity-9',
  ])
})

test.each([
  [{ outcome: 'NOTHING_TO_DO', replayed: 0 }, 'nothing to do: none of them is open'],
  [{ outcome: 'REPLAYED', replayed: 2, failedAgain: 1 }, '2 replayed, 1 failed again'],
  [{ outcome: 'ARCHIVED', archived: 4 }, '4 archived'],
  [{ outcome: 'SENT_AGAIN' }, 'queued for delivery again'],
])('the outcome %j is said in a line', (outcome, text) => {
  expect(outcomeText({ ...outcome, unavailable: [] })).toBe(text)
})

test('an outcome names what is left and which services do not answer', () => {
  expect(
    outcomeText({
      outcome: 'REPLAYED',
      replayed: 1,
      failedAgain: 0,
      remaining: 2,
      unavailable: ['search'],
    }),
  ).toBe(
    '1 replayed, 0 failed again; 2 left: another replay has claimed them; try again in a minute; not included, since they do not answer: search',
  )
})

test('days, lags, replays and figures are said in a line each', () => {
  expect(daysText([])).toBe('no topics')
  expect(lagsText({ 'activity.x': 2, 'search.x': 0 })).toBe('activity.x (2 records to read)')
  const [read, unread] = daysText([
    { day: '20261120', topic: 't', records: 5, lags: {}, deletion: 'POSSIBLE' },
    { day: '20261121', topic: 't', records: 6, lags: { g: 1 }, deletion: 'UNREAD' },
  ]).split('\n')
  expect(read).toBe('20261120          5 records  can be deleted  read to the end by all')
  expect(unread).toContain('not read yet    g (1 records to read)')
  const services = {
    activity: { records: 9, changed: 3, deadLettered: 1 },
    search: { error: 'search cannot be reached' },
  }
  expect(replayText({ services }, true)).toBe(
    'activity  9 records, 3 would change something, 1 not valid\nsearch    failed: search cannot be reached',
  )
  expect(figuresText({ posts: 1, comments: 2 })).toBe(', posts 1, comments 2')
})
