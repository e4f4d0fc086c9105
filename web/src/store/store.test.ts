import { expect, test, vi } from 'vitest'
import { createStore } from './store.ts'

test('subscribers are called after each change, until they unsubscribe', () => {
  const store = createStore(1)
  const listener = vi.fn(() => store.get())
  const unsubscribe = store.subscribe(listener)
  store.set(2)
  expect(listener).toHaveReturnedWith(2)
  unsubscribe()
  store.set(3)
  expect(listener).toHaveBeenCalledTimes(1)
  expect(store.get()).toBe(3)
})
