import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultRulesOf, type CallRules } from './call-classes.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceClientOptions,
} from './service-client.ts'

const opened: { close(): unknown }[] = []

/** Closes every client and callee of the test. Call it after each test. */
export async function closeCallees(): Promise<void> {
  for (const one of opened.splice(0)) await one.close()
}

export interface Callee {
  url: string
  /** Requests that arrived. */
  readonly requests: { method: string; path: string; headers: Record<string, unknown> }[]
}

/** A real server in place of a service. */
export async function startCallee(answer: RequestListener): Promise<Callee> {
  const requests: Callee['requests'] = []
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    requests.push({ method, path, headers })
    return answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** A client of content-svc by the rules of its class, except for those that the test names. */
export function clientAt(
  baseUrl: string,
  rules: Partial<CallRules> = {},
  options: Partial<ServiceClientOptions> = {},
): ServiceClient {
  const client = createServiceClient({
    service: 'content',
    baseUrl,
    internalToken: 'secret',
    rules: { ...defaultRulesOf('content'), ...rules },
    ...options,
  })
  opened.unshift(client)
  return client
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

/** The error of a call that must fail. */
export const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )
