import type { IncomingMessage, ServerResponse } from 'node:http'

/** The part of a service's Fastify application that answers requests. */
export interface RequestHandler {
  routing(request: IncomingMessage, response: ServerResponse): void
  inject(options: {
    method: 'GET'
    url: string
    signal: AbortSignal
  }): Promise<{ statusCode: number; body: string }>
}
