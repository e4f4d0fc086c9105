import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Admission, type AdmissionLimits, type Refusal } from './admission.ts'

/** A second is far beyond what the few requests of a test take, on any machine. */
const NEVER_MS = 3_600_000
const LIMITS: Partial<AdmissionLimits> = {
  /** One request starts in each turn. */
  turnMs: 0,
  periodMs: NEVER_MS,
  maxWaitMs: NEVER_MS,
  holdMs: 0,
}

interface Outcomes {
  started: number[]
  refused: [n: number, reason: Refusal][]
}

/** Requests 0 to `count - 1` arrive in the same turn of the event loop. */
function arrive(admission: Admission, count: number, gone: readonly number[] = []): Outcomes {
  const outcomes: Outcomes = { started: [], refused: [] }
  for (let n = 0; n < count; n += 1) arriveOne(admission, n, outcomes, gone.includes(n))
  return outcomes
}

function arriveOne(admission: Admission, n: number, outcomes: Outcomes, isGone = false): void {
  if (admission.startsNow()) outcomes.started.push(n)
  else
    admission.wait({
      start: () => outcomes.started.push(n),
      refuse: (reason) => outcomes.refused.push([n, reason]),
      isGone: () => isGone,
    })
}

test('requests beyond the time of one turn wait, and start in the order of their arrival', async () => {
  const outcomes = arrive(new Admission(LIMITS), 7)
  expect(outcomes.started).toEqual([0])
  await expect.poll(() => outcomes.started).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(outcomes.refused).toEqual([])
})

test('promises of a request are settled before the next request starts', async () => {
  const admission = new Admission(LIMITS)
  const events: string[] = []
  admission.startsNow()
  for (const name of ['one', 'two'])
    admission.wait({
      start: async () => {
        await undefined
        await undefined
        events.push(name)
      },
      refuse() {},
      isGone: () => false,
    })
  setImmediate(() => setImmediate(() => events.push('turn')))
  await expect.poll(() => events).toEqual(['one', 'turn', 'two'])
})

test('a request whose client has disconnected never starts, and the next one takes its place', async () => {
  const outcomes = arrive(new Admission(LIMITS), 5, [1, 3])
  await expect.poll(() => outcomes.started).toEqual([0, 2, 4])
})

/** Starts as many requests in each turn as have started before, until `isOver`. */
async function keepArriving(admission: Admission, isOver: (outcomes: Outcomes) => boolean) {
  const outcomes = arrive(admission, 20)
  let started = outcomes.started.length
  let next = 20
  while (!isOver(outcomes)) {
    await nextTurn()
    for (; started < outcomes.started.length; started += 1) arriveOne(admission, next++, outcomes)
  }
  return outcomes
}

test('a queue that does not shrink keeps its newest requests and refuses the others', async () => {
  const admission = new Admission({ ...LIMITS, periodMs: 5, maxWaitingOverloaded: 3 })
  const outcomes = await keepArriving(admission, ({ refused }) => refused.length >= 10)
  expect(new Set(outcomes.refused.map(([, reason]) => reason))).toEqual(new Set(['QUEUE_AGE']))
  const [oldestRefused] = outcomes.refused.map(([n]) => n).sort((one, other) => one - other)
  expect(outcomes.started).toContain((oldestRefused as number) - 1)
  expect(admission.isOverloaded()).toBe(true)
  expect(admission.waiting).toBeLessThan(20)
})

test('few requests are never refused, however long their queue stands', async () => {
  const admission = new Admission({ ...LIMITS, periodMs: 0, maxWaitingOverloaded: 20 })
  const outcomes = await keepArriving(admission, ({ started }) => started.length >= 500)
  expect(outcomes.refused).toEqual([])
})

test('a burst that shrinks is no overload, however long it is', async () => {
  const admission = new Admission({ ...LIMITS, periodMs: 5, maxWaitingOverloaded: 3 })
  const outcomes = arrive(admission, 500)
  await expect.poll(() => outcomes.started).toHaveLength(500)
  expect(outcomes.refused).toEqual([])
})

test('a request that waited longer than the limit is refused, also in a burst', async () => {
  const outcomes = arrive(new Admission({ ...LIMITS, maxWaitMs: -1 }), 4)
  await expect
    .poll(() => outcomes.refused)
    .toEqual([
      [1, 'QUEUE_AGE'],
      [2, 'QUEUE_AGE'],
      [3, 'QUEUE_AGE'],
    ])
})

test('a full queue refuses its oldest request for each that arrives', async () => {
  const outcomes = arrive(new Admission({ ...LIMITS, maxWaiting: 3 }), 6)
  expect(outcomes.refused).toEqual([
    [1, 'QUEUE_FULL'],
    [2, 'QUEUE_FULL'],
  ])
  await expect.poll(() => outcomes.started).toEqual([0, 3, 4, 5])
})

test('no request is refused for its age while the process starts', async () => {
  const admission = new Admission({ ...LIMITS, maxWaitMs: -1, periodMs: 0 })
  admission.countFrom(performance.now() + NEVER_MS)
  const outcomes = arrive(admission, 100)
  await expect.poll(() => outcomes.started).toHaveLength(100)
  expect(outcomes.refused).toEqual([])
})
