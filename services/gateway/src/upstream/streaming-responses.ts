import type { ServerResponse } from 'node:http'

/** Answers that last until the client or the upstream ends them. A gateway that stops must end them itself. */
export class StreamingResponses {
  readonly #responses = new Set<ServerResponse>()

  add(response: ServerResponse): void {
    this.#responses.add(response)
    response.once('close', () => this.#responses.delete(response))
  }

  endAll(): void {
    for (const response of this.#responses) {
      // A service in this process may still write to it, which makes Node.js emit an error.
      response.on('error', () => {})
      response.end()
    }
  }
}
