import { expect, test, vi } from 'vitest'
import { createComposerRequests, createDraftStore } from './drafts.ts'

test('a draft is kept until it is cleared', () => {
  const store = createDraftStore()
  store.set({ title: '', content: 'half a sentence' })
  expect(store.get()).toEqual({ title: '', content: 'half a sentence' })
  store.clear()
  expect(store.get()).toEqual({ title: '', content: '' })
})

test('a request opens the composer on the page', () => {
  const requests = createComposerRequests()
  const open = vi.fn()
  requests.onRequest(open)
  expect(requests.request()).toBe(true)
  expect(open).toHaveBeenCalledTimes(1)
})

test('a request without a composer opens the next one, and only that one', () => {
  const requests = createComposerRequests()
  const open = vi.fn()
  expect(requests.request()).toBe(false)
  const unmount = requests.onRequest(open)
  expect(open).toHaveBeenCalledTimes(1)
  unmount()
  requests.onRequest(open)
  expect(open).toHaveBeenCalledTimes(1)
})

test('an unmounted composer is not opened', () => {
  const requests = createComposerRequests()
  const open = vi.fn()
  const unmount = requests.onRequest(open)
  unmount()
  expect(requests.request()).toBe(false)
  expect(open).toHaveBeenCalledTimes(0)
})

test('a composer that is unmounted late does not remove its successor', () => {
  const requests = createComposerRequests()
  const unmountFirst = requests.onRequest(() => {})
  requests.onRequest(() => {})
  unmountFirst()
  expect(requests.request()).toBe(true)
})
