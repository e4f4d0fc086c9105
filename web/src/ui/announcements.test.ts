import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAnnouncements } from './announcements.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const textsOf = ({ store }: ReturnType<typeof createAnnouncements>) =>
  store.get().map(({ text }) => text)

test('an announcement disappears by itself, and a failure later than a success', () => {
  const announcements = createAnnouncements()
  announcements.announce('Saved.')
  announcements.announce('Not saved.', 'FAILED')
  vi.advanceTimersByTime(100)
  expect(textsOf(announcements)).toEqual(['Saved.', 'Not saved.'])
  vi.advanceTimersByTime(6_000)
  expect(textsOf(announcements)).toEqual(['Not saved.'])
  vi.advanceTimersByTime(5_000)
  expect(textsOf(announcements)).toEqual([])
})

test('a repeated text is shown once, as long as its last announcement', () => {
  const announcements = createAnnouncements()
  announcements.announce('Saved.')
  vi.advanceTimersByTime(4_000)
  announcements.announce('Saved.')
  vi.advanceTimersByTime(100)
  expect(textsOf(announcements)).toEqual(['Saved.'])
  vi.advanceTimersByTime(2_000)
  expect(textsOf(announcements)).toEqual(['Saved.'])
})

test('a dismissed announcement is gone', () => {
  const announcements = createAnnouncements()
  announcements.announce('Saved.', 'DONE', 7)
  vi.advanceTimersByTime(100)
  const [shown] = announcements.store.get()
  expect(shown).toMatchObject({ postId: 7 })
  announcements.dismiss(shown?.id ?? 0)
  expect(textsOf(announcements)).toEqual([])
})
