import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A process in place of a service, which a test can stop with SIGSTOP. */
const answer = JSON.stringify({ posts: Array.from({ length: 50 }, (_, id) => ({ id })) })
const server = createServer((request, response) => {
  request
    .resume()
    .once('end', () => response.setHeader('content-type', 'application/json').end(answer))
})
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.once('disconnect', () => process.exit(0))
