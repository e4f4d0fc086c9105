import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { EdgeResponse } from './edge-response.ts'

const EDGE_HEADERS = {
  vary: 'Origin',
  'access-control-allow-origin': 'https://feed.example',
  'x-request-id': 'of-the-edge',
}
let server: Server

afterEach(() => {
  server.close()
})

/** The headers of an answer that a service of the same process gives in its own way. */
async function headersOf(answer: (response: EdgeResponse) => void): Promise<Headers> {
  server = createServer({ ServerResponse: EdgeResponse }, (_request, response) => {
    response.handOver(EDGE_HEADERS)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(await response.text()).toBe('answer')
  return response.headers
}

const ANSWERS: [way: string, (response: EdgeResponse) => void][] = [
  [
    'one by one',
    (response) => {
      response.setHeader('Content-Type', 'text/plain')
      response.setHeader('Vary', 'Accept')
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Access-Control-Allow-Private-Network', 'true')
      response.setHeader('Upgrade', 'h2c')
      response.appendHeader('Set-Cookie', 'a=1')
      response.appendHeader('Set-Cookie', 'b=2')
      response.removeHeader('access-control-allow-origin')
      response.end('answer')
    },
  ],
  [
    'as an object',
    (response) => {
      response.writeHead(200, {
        'content-type': 'text/plain',
        vary: 'Accept',
        'access-control-allow-origin': '*',
        'access-control-allow-private-network': 'true',
        upgrade: 'h2c',
        'set-cookie': ['a=1', 'b=2'],
      })
      response.end('answer')
    },
  ],
  [
    'as an array',
    (response) => {
      response.writeHead(200, [
        ...['Content-Type', 'text/plain'],
        ...['Vary', 'Accept'],
        ...['Access-Control-Allow-Origin', '*'],
        ...['Access-Control-Allow-Private-Network', 'true'],
        ...['Upgrade', 'h2c'],
        ...['Set-Cookie', 'a=1'],
        ...['Set-Cookie', 'b=2'],
      ])
      response.end('answer')
    },
  ],
]

test.each(ANSWERS)(
  'headers that a service sets %s join those of the edge',
  async (_way, answer) => {
    const headers = await headersOf(answer)
    expect(headers.get('content-type')).toBe('text/plain')
    expect(headers.get('vary')).toBe('Origin, Accept')
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(headers.get('access-control-allow-origin')).toBe('https://feed.example')
    expect(headers.get('access-control-allow-private-network')).toBeNull()
    expect(headers.get('upgrade')).toBeNull()
    expect(headers.get('x-request-id')).toBe('of-the-edge')
  },
)
