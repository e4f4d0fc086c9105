import { connect, type Socket } from 'node:net'

/** A connection on which an attacker sends bytes as a client of one address, and which it keeps. */
export interface RawClient {
  socket: Socket
  /** The bytes that have arrived so far. */
  received: number
  /** The beginning of the answer. */
  head: string
  isClosed: boolean
}

export function openRawClient(url: string, bytes: string, { isReading = true } = {}): RawClient {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const client: RawClient = { socket, received: 0, head: '', isClosed: false }
  socket.on('error', () => {})
  socket.on('close', () => {
    client.isClosed = true
  })
  if (isReading)
    socket.on('data', (chunk) => {
      client.received += chunk.length
      if (client.head.length < 1_000) client.head += chunk.toString('latin1')
    })
  // Data arrives in the buffer of the socket until it is full, and is read by nobody.
  else socket.on('readable', () => {})
  if (bytes !== '') socket.write(bytes)
  return client
}

export interface RequestHead {
  method: string
  path: string
  /** The address that the frontend names. */
  address: string
  bearer?: string | undefined
  headers?: string[]
}

export const requestHead = ({ method, path, address, bearer, headers = [] }: RequestHead): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: feed.example',
    `X-Forwarded-For: ${address}`,
    ...(bearer === undefined ? [] : [`Authorization: ${bearer}`]),
    ...headers,
    '',
    '',
  ].join('\r\n')

/** Calls `open` so often that `count` clients are open, again and again until stopped. */
export function keepOpen(count: number, open: (n: number) => RawClient) {
  let opened = 0
  const clients = new Set<RawClient>()
  const refill = () => {
    for (const client of clients) if (client.isClosed) clients.delete(client)
    while (clients.size < count) clients.add(open(opened++))
  }
  refill()
  const timer = setInterval(refill, 250)
  return {
    opened: () => opened,
    clients: () => [...clients],
    stop() {
      clearInterval(timer)
      for (const { socket } of clients) socket.destroy()
    },
  }
}
