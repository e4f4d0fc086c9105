import { keepOpen, openRawClient, requestHead } from './raw-clients.ts'
import type { Scenario } from './scenario.ts'

/** More than the gateway has connections to a service. */
const CLIENTS = 200
const PATHS = [
  '/api/authentication/login',
  '/api/posts',
  '/api/timeline/posts/query/list',
  '/api/notifications/read',
]

/** Requests whose bodies stop after one byte: without a token, and from a few addresses. */
export const slowBodies: Scenario = {
  name: 'slow bodies',
  members: 0,
  async start({ url }) {
    const flood = keepOpen(CLIENTS, (n) =>
      openRawClient(
        url,
        `${requestHead({
          method: 'POST',
          path: PATHS[n % PATHS.length] ?? '',
          address: `203.0.113.${n % 25}`,
          headers: [
            'Content-Type: application/json',
            n % 2 === 0 ? 'Content-Length: 200' : 'Transfer-Encoding: chunked',
          ],
        })}${n % 2 === 0 ? '{' : '1\r\n{\r\n'}`,
      ),
    )
    return {
      async stop() {
        flood.stop()
        return { requests: flood.opened(), problems: [] }
      },
    }
  },
}
