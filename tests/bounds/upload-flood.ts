import { keepOpen, openRawClient, requestHead } from './raw-clients.ts'
import type { Scenario } from './scenario.ts'

const UPLOADS = 150
const MIB = 1024 * 1024

/** Large uploads of several members that stop half-way, and some that arrive byte by byte. */
export const uploadFlood: Scenario = {
  name: 'upload flood',
  members: 6,
  async start({ url, members }) {
    const part = `--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n`
    const flood = keepOpen(UPLOADS, (n) =>
      openRawClient(
        url,
        `${requestHead({
          method: 'POST',
          path: '/api/images/upload',
          address: `203.0.113.${n % 10}`,
          bearer: members[n % members.length]?.bearer,
          headers: ['Content-Type: multipart/form-data; boundary=b', `Content-Length: ${10 * MIB}`],
        })}${part}${'x'.repeat(64 * 1024)}`,
      ),
    )
    const trickle = setInterval(() => {
      for (const { socket } of flood.clients().slice(0, UPLOADS / 2)) socket.write('x')
    }, 1_000)
    return {
      async stop() {
        clearInterval(trickle)
        flood.stop()
        return { requests: flood.opened(), problems: [] }
      },
    }
  },
}
