import { expect, test } from 'vitest'
import { createOptimisticToggle } from './optimisticToggle.ts'

/** A toggle whose requests succeed or fail when the test says so. */
function controlledToggle() {
  const toggle = createOptimisticToggle()
  const shown: boolean[] = []
  const sent: boolean[] = []
  const failures: [message: string, on: boolean][] = []
  const requests: { succeed: () => void; fail: () => void }[] = []
  const press = (desired: boolean, key = 'post-like/7') =>
    toggle({
      key,
      desired,
      send: (on) => {
        sent.push(on)
        return new Promise<void>((succeed, reject) => {
          requests.push({ succeed, fail: () => reject(new Error('refused')) })
        })
      },
      show: (on) => shown.push(on),
      onFailure: (error, on) => failures.push([(error as Error).message, on]),
    })
  return { press, shown, sent, failures, requests }
}

test('a toggle is shown before its request succeeds', async () => {
  const { press, shown, sent, requests } = controlledToggle()
  const done = press(true)
  expect(shown).toEqual([true])
  requests[0]?.succeed()
  await done
  expect(shown).toEqual([true])
  expect(sent).toEqual([true])
})

test('three presses during a request send one further request', async () => {
  const { press, sent, shown, requests } = controlledToggle()
  const done = press(true)
  for (const desired of [false, true, false]) await press(desired)
  expect(sent).toEqual([true])
  requests[0]?.succeed()
  await expect.poll(() => sent).toEqual([true, false])
  requests[1]?.succeed()
  await done
  expect(shown).toEqual([true, false, true, false])
})

test('presses that end at the requested state send no further request', async () => {
  const { press, sent, requests } = controlledToggle()
  const done = press(true)
  for (const desired of [false, true]) await press(desired)
  requests[0]?.succeed()
  await done
  expect(sent).toEqual([true])
})

test('a failed request shows the confirmed state again and reports the failure', async () => {
  const { press, shown, failures, requests } = controlledToggle()
  const done = press(true)
  requests[0]?.fail()
  await done
  expect(shown).toEqual([true, false])
  expect(failures).toEqual([['refused', true]])
})

test('after a failure the same key can be toggled again', async () => {
  const { press, sent, requests } = controlledToggle()
  const first = press(true)
  requests[0]?.fail()
  await first
  const second = press(true)
  requests[1]?.succeed()
  await second
  expect(sent).toEqual([true, true])
})

test('toggles of different keys run in parallel', async () => {
  const { press, sent, requests } = controlledToggle()
  const both = [press(true, 'post-like/7'), press(true, 'post-like/8')]
  expect(sent).toEqual([true, true])
  for (const { succeed } of requests) succeed()
  await Promise.all(both)
})
