import type { EventSourceMessage } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { readEvents } from './eventStream.ts'

/** A body that delivers the given chunks. */
function bodyOf(chunks: (string | Uint8Array)[], onCancel = () => {}): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const queue = chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk))
  return new ReadableStream({
    pull(controller) {
      const next = queue.shift()
      if (next === undefined) controller.close()
      else controller.enqueue(next)
    },
    cancel: onCancel,
  })
}

async function eventsOf(...chunks: (string | Uint8Array)[]): Promise<EventSourceMessage[]> {
  const events: EventSourceMessage[] = []
  for await (const event of readEvents(bodyOf(chunks))) events.push(event)
  return events
}

test('events are read whether their lines end in LF, CRLF or CR', async () => {
  const events = await eventsOf('id: 1\ndata: a\n\n', 'id: 2\r\ndata: b\r\n\r\n', 'data: c\r\r')
  expect(events).toMatchObject([{ id: '1', data: 'a' }, { id: '2', data: 'b' }, { data: 'c' }])
})

test('an event may be cut at any byte, also inside a Hangul syllable', async () => {
  const bytes = new TextEncoder().encode('id: 7\ndata: {"name":"김민지"}\n\n')
  const events = await eventsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))
  expect(events).toMatchObject([{ id: '7', data: '{"name":"김민지"}' }])
})

test('heartbeats, unfinished events and events without data are skipped', async () => {
  const events = await eventsOf(': heartbeat\n\n', 'id: 3\n\n', 'data: whole\n\n', 'data: cut off')
  expect(events.map(({ data }) => data)).toEqual(['whole'])
})

test('several lines of data are joined', async () => {
  expect(await eventsOf('data: one\ndata: two\n\n')).toMatchObject([{ data: 'one\ntwo' }])
})

test('a consumer that stops early cancels the body', async () => {
  let isCancelled = false
  const body = bodyOf(['data: first\n\n', 'data: second\n\n'], () => {
    isCancelled = true
  })
  for await (const { data } of readEvents(body)) {
    expect(data).toBe('first')
    break
  }
  await expect.poll(() => isCancelled).toBe(true)
})
