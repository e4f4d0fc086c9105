import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readNotifications, type StreamedNotification } from './notificationStream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const ENDED = new Error('the connection failed')
const streamOf = (text: string) => async () => new Response(text)
const refused = async () => new Response(null, { status: 503 })
const failed = () => Promise.reject(ENDED)

/** Reads from the given connections, one after the other; further ones fail. */
function reader(...connections: (() => Promise<Response>)[]) {
  const stop = new AbortController()
  const received: StreamedNotification[] = []
  const state = { attempts: 0, isSignedIn: true, hasReturned: false }
  const done = readNotifications({
    connect: () => {
      state.attempts += 1
      return (connections.shift() ?? failed)()
    },
    isSignedIn: () => state.isSignedIn,
    onNotification: (streamed) => received.push(streamed),
    signal: stop.signal,
    delays: { first: 1_000, max: 60_000 },
  }).then(() => {
    state.hasReturned = true
  })
  return { stop, received, state, done }
}

const event = (id: number) => `id: ${id}\ndata: {"id":${id}}\n\n`

test('notifications arrive with the id of their event', async () => {
  const { received, stop, done } = reader(streamOf(`${event(1)}: heartbeat\n\ndata: {"id":2}\n\n`))
  await vi.advanceTimersByTimeAsync(0)
  expect(received).toEqual([
    { id: '1', notification: { id: 1 } },
    { id: undefined, notification: { id: 2 } },
  ])
  stop.abort()
  await done
})

test('after an interruption the stream is opened again within the first delay', async () => {
  const { received, state, stop, done } = reader(streamOf(event(1)), streamOf(event(2)))
  await vi.advanceTimersByTimeAsync(400)
  expect(state.attempts).toBe(1)
  await vi.advanceTimersByTimeAsync(700)
  expect(state.attempts).toBe(2)
  expect(received.map(({ id }) => id)).toEqual(['1', '2'])
  stop.abort()
  await done
})

test('the delay doubles with each failure, and an event resets it', async () => {
  // The greatest jitter: delays of 1, 2 and 4 s.
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const { state, stop, done } = reader(failed, refused, failed, streamOf(event(1)))
  const attemptsAt: number[] = []
  for (const wait of [999, 2, 1_998, 2, 3_998, 2, 998, 2]) {
    await vi.advanceTimersByTimeAsync(wait)
    attemptsAt.push(state.attempts)
  }
  expect(attemptsAt).toEqual([1, 2, 2, 3, 3, 4, 4, 5])
  stop.abort()
  await done
})

test('an abort ends the wait for the next attempt', async () => {
  const { state, stop, done } = reader(failed)
  await vi.advanceTimersByTimeAsync(0)
  expect(state.hasReturned).toBe(false)
  stop.abort()
  await done
  await vi.advanceTimersByTimeAsync(120_000)
  expect(state.attempts).toBe(1)
})

test('nothing is opened again after the session has ended', async () => {
  const { state, done } = reader(failed)
  state.isSignedIn = false
  await vi.advanceTimersByTimeAsync(1_000)
  await done
  expect(state.attempts).toBe(1)
})
