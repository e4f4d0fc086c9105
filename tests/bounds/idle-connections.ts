import { keepOpen, openRawClient } from './raw-clients.ts'
import type { Scenario } from './scenario.ts'

const CONNECTIONS = 1_000
/** Nothing, a part of a request line, and headers that never end. */
const BEGINNINGS = ['', 'GET /api/po', 'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nA: b\r\n']

/** Connections that send nothing, or a request that never becomes complete. */
export const idleConnections: Scenario = {
  name: 'idle connections',
  members: 0,
  async start({ url }) {
    const flood = keepOpen(CONNECTIONS, (n) =>
      openRawClient(url, BEGINNINGS[n % BEGINNINGS.length] ?? ''),
    )
    return {
      async stop() {
        flood.stop()
        return { requests: flood.opened(), problems: [] }
      },
    }
  },
}
