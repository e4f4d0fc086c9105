import { keepOpen, openRawClient, requestHead } from './raw-clients.ts'
import type { Scenario } from './scenario.ts'

/** More than the gateway has connections to a service. */
const STREAMS = 300

/** Notification streams of many members and a few addresses. */
export const streamFlood: Scenario = {
  name: 'stream flood',
  members: 15,
  async start({ url, members }) {
    const flood = keepOpen(STREAMS, (n) =>
      openRawClient(
        url,
        requestHead({
          method: 'GET',
          path: '/api/notifications/stream',
          address: `203.0.113.${n % 5}`,
          bearer: members[n % members.length]?.bearer,
        }),
      ),
    )
    return {
      async stop() {
        const unanswered = flood.clients().filter(({ head }) => head === '').length
        flood.stop()
        return {
          requests: flood.opened(),
          problems: unanswered > STREAMS / 10 ? [`${unanswered} streams without an answer`] : [],
        }
      },
    }
  },
}
