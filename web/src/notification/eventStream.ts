import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** Yields the Server-Sent Events of a response body. Comments (heartbeats) and events without data are skipped. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<EventSourceMessage> {
  const received: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => void received.push(event) })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* received.splice(0)
    }
  } finally {
    // The consumer may stop early; the connection must not stay open then.
    void reader.cancel().catch(() => {})
  }
}
