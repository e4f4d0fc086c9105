import { once } from 'node:events'
import { ask, clientAt } from '../http-client.ts'
import { keepOpen, openRawClient, type RawClient, requestHead } from './raw-clients.ts'
import type { Scenario } from './scenario.ts'

const CLIENTS = 60
const POSTS = 100
/** As long as a post may be. Four bytes in UTF-8 each. */
const CONTENT = '\u{1F30A}'.repeat(5_000)

/** Clients that ask for large answers and never read them, or one byte a second. */
export const slowReaders: Scenario = {
  name: 'slow readers',
  members: 1,
  async start({ url, members: [member] }) {
    const bearer = member?.bearer ?? ''
    const client = clientAt(url)
    const ids: number[] = []
    for (let n = 0; n < POSTS; n += 1) {
      const { body } = await ask(client, {
        as: bearer,
        url: '/api/posts',
        body: { title: '', content: CONTENT },
        headers: { 'x-forwarded-for': '203.0.113.200' },
      })
      if (body.data?.id !== undefined) ids.push(body.data.id)
    }
    const body = JSON.stringify({ ids })
    const open = (n: number) =>
      openRawClient(
        url,
        `${requestHead({
          method: 'POST',
          path: '/api/timeline/posts/query/list',
          address: `203.0.113.${n % 10}`,
          bearer,
          headers: ['Content-Type: application/json', `Content-Length: ${body.length}`],
        })}${body}`,
        { isReading: false },
      )
    // One after the other: rendering all answers at once is another attack, by cost.
    const first: RawClient[] = []
    for (let n = 0; n < CLIENTS; n += 1) {
      const client = open(n)
      await once(client.socket, 'readable')
      first.push(client)
    }
    const flood = keepOpen(CLIENTS, (n) => first.shift() ?? open(n))
    const trickle = setInterval(() => {
      for (const { socket } of flood.clients().slice(0, CLIENTS / 2)) socket.read(1)
    }, 1_000)
    return {
      async stop() {
        clearInterval(trickle)
        flood.stop()
        const problems = ids.length === 0 ? ['no long post could be written'] : []
        return { requests: flood.opened(), problems }
      },
    }
  },
}
