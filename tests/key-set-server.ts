import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testTokens } from './tokens.ts'

export interface KeySetServer {
  /** The value of JWKS_URL. */
  url: string
  /** While it is not available, every request is answered with 503. */
  setAvailable(isAvailable: boolean): void
  stop(): Promise<void>
}

/** Publishes a key set as member-svc does, for tests of a service that runs without it. */
export async function startKeySetServer(): Promise<KeySetServer> {
  const { keySet } = await testTokens()
  let isAvailable = true
  const server = createServer((_request, response) =>
    response
      .writeHead(isAvailable ? 200 : 503, { 'content-type': 'application/json' })
      .end(JSON.stringify(keySet)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    setAvailable(value) {
      isAvailable = value
    },
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
