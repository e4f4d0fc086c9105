import { openLoop, type OpenLoopResult } from '@dailyfeed/tests/open-loop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BusyServer, startBusyServer } from './busy-server-fixture.ts'

const CONNECTIONS = 200
const SECONDS = 2

let guarded: BusyServer
let unguarded: BusyServer
beforeAll(async () => {
  guarded = await startBusyServer(true)
  unguarded = await startBusyServer(false)
})
afterAll(() => {
  guarded?.stop()
  unguarded?.stop()
})

const load = ({ url }: BusyServer, perSecond: number): Promise<OpenLoopResult> =>
  openLoop({
    requests: [{ url: `${url}/`, headers: {} }],
    perSecond,
    seconds: SECONDS,
    connections: CONNECTIONS,
  })

const p99 = ({ admitted }: OpenLoopResult): number =>
  admitted.toSorted((one, other) => one - other)[Math.floor(admitted.length * 0.99)] ?? 0

/** Both at the same time, so that they share the machine evenly. */
const loadBoth = () => Promise.all([load(guarded, 2_500), load(unguarded, 2_500)])

test('at 5 × its capacity a server answers as many requests as without refusals, and sooner', async () => {
  // The overload begins; what counts is how it goes on.
  await loadBoth()
  const [sheds, admits] = await loadBoth()
  expect([admits.refused, admits.failed, sheds.failed]).toEqual([0, 0, 0])
  expect(sheds.refused).toBeGreaterThan(0)
  expect(sheds.admitted.length / admits.admitted.length).toBeGreaterThan(0.8)
  expect(p99(sheds) / p99(admits)).toBeLessThan(0.4)
})
