import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { REQUEST_ID } from '@dailyfeed/contract/headers'

declare module 'node:http' {
  interface OutgoingMessage {
    /** Joins the first line and the headers to the head of an answer. Node documents it nowhere. */
    _storeHeader(firstLine: string, headers: StoredHeaders): void
  }
}

/** Headers of `writeHead`, or those of `setHeader` as pairs of name and value by lower-case name. */
type StoredHeaders = OutgoingHttpHeaders | Record<string, unknown> | readonly unknown[] | undefined

type Header = readonly [name: string, value: string]

/**
 * Headers that are the same for many answers, joined to one string once. Checking and joining a
 * dozen headers for each answer takes longer than routing it.
 */
export class PreparedHeaders {
  readonly #values: ReadonlyMap<string, Header>
  readonly #lines: string

  constructor(headers: readonly Header[]) {
    this.#values = new Map(headers.map((header) => [header[0].toLowerCase(), header]))
    this.#lines = linesOf(headers)
  }

  /**
   * Sets them on an answer, with its id where one is given; its own headers win over them, as over
   * those of `setHeader`.
   */
  applyTo(response: ServerResponse, requestId?: string): void {
    if (response instanceof PreparedResponse) {
      response.prepared = this
      response.requestId = requestId
      return
    }
    // An answer that is not written to a socket, as in tests, shows its headers one by one.
    if (requestId !== undefined) response.setHeader(REQUEST_ID, requestId)
    for (const [name, value] of this.#values.values()) response.setHeader(name, value)
  }

  /** The lines of those that `headers` does not hold, and of the request's id. */
  linesBeside(headers: StoredHeaders, requestId: string | undefined): string {
    // The form of a request id is checked, so that it cannot end its line.
    const idLine = requestId === undefined ? '' : `${REQUEST_ID}: ${requestId}\r\n`
    if (headers === undefined || headers === null) return idLine + this.#lines
    const names = Array.isArray(headers) ? namesOfList(headers) : headers
    for (const name in names) if (this.#has(name)) return this.#linesWithout(names, idLine)
    return idLine + this.#lines
  }

  #has(name: string): boolean {
    const lowerCaseName = name.toLowerCase()
    return lowerCaseName === REQUEST_ID || this.#values.has(lowerCaseName)
  }

  #linesWithout(names: object, idLine: string): string {
    const others = new Map(this.#values)
    let hasId = false
    for (const name in names) {
      others.delete(name.toLowerCase())
      hasId ||= name.toLowerCase() === REQUEST_ID
    }
    return (hasId ? '' : idLine) + linesOf(others.values())
  }
}

const linesOf = (headers: Iterable<Header>): string => {
  let lines = ''
  for (const [name, value] of headers) lines += `${name}: ${value}\r\n`
  return lines
}

/** Names and values of `writeHead` alternate in one list, or form pairs. */
function namesOfList(list: readonly unknown[]): Record<string, unknown> {
  const isPaired = Array.isArray(list[0])
  const names = isPaired
    ? list.map((pair) => String((pair as readonly unknown[])[0]))
    : list.filter((_, index) => index % 2 === 0).map(String)
  return Object.fromEntries(names.map((name) => [name, true]))
}

/**
 * An answer whose head begins with prepared lines. Servers are created with this class, by the
 * option `ServerResponse` of node:http.
 */
export class PreparedResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  declare prepared: PreparedHeaders | undefined
  declare requestId: string | undefined
  /** Whether its request has started: a second server that answers it lets it pass. */
  declare isAdmitted: boolean | undefined

  override _storeHeader(firstLine: string, headers: StoredHeaders): void {
    const { prepared, requestId } = this
    const lines = prepared === undefined ? '' : prepared.linesBeside(headers, requestId)
    super._storeHeader(firstLine + lines, headers)
  }
}

/** The headers that a function sets on an answer, in their order. */
export function headersSetBy(
  set: (request: IncomingMessage, response: ServerResponse) => void,
): readonly Header[] {
  const request = new IncomingMessage(new Socket())
  const response = new RecordingResponse(request)
  set(request, response)
  return response.headers
}

class RecordingResponse extends ServerResponse {
  readonly headers: Header[] = []

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.headers.push([name, String(value)])
    return super.setHeader(name, value)
  }
}
