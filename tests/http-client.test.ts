import type { AddressInfo } from 'node:net'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, clientAt, clientOf, type HttpClient } from './http-client.ts'

let app: HttpServer
let baseUrl: string

beforeAll(async () => {
  app = await createHttpServer({
    service: 'echo',
    log: createLog('test', 'silent'),
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.all('/echo', { config: { access: 'PUBLIC' } }, ({ method, headers, body }, reply) => {
    void reply.header('set-cookie', ['a=1; Path=/', 'b=2'])
    return {
      method,
      authorization: headers.authorization ?? null,
      contentType: headers['content-type']?.split(';')[0] ?? null,
      body: Buffer.isBuffer(body) ? body.toString() : (body ?? null),
    }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  baseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
})
afterAll(() => app.close())

const bearerOf = async (memberId: number) => `Bearer of ${memberId}`

describe.each<[string, () => HttpClient]>([
  ['inject', () => clientOf(app, bearerOf)],
  ['fetch', () => clientAt(baseUrl, { bearerOf })],
])('a client by %s', (_transport, newClient) => {
  test('sends GET without a body, and POST with a JSON body, unless a method is given', async () => {
    const client = newClient()
    expect((await ask(client, { url: '/echo' })).body).toMatchObject({ method: 'GET', body: null })
    expect((await ask(client, { url: '/echo', body: { x: 1 } })).body).toMatchObject({
      method: 'POST',
      contentType: 'application/json',
      body: { x: 1 },
    })
    expect((await ask(client, { url: '/echo', method: 'DELETE' })).body.method).toBe('DELETE')
  })

  test('sends a form as multipart/form-data, and text as it is', async () => {
    const form = new FormData()
    form.append('field', 'value of the field')
    const sent = await ask(newClient(), { url: '/echo', body: form })
    expect(sent.body.contentType).toBe('multipart/form-data')
    expect(sent.body.body).toContain('value of the field')
    const headers = { 'content-type': 'text/csv' }
    const text = await ask(newClient(), { url: '/echo', body: 'a,b', headers })
    expect(text.body).toMatchObject({ contentType: 'text/csv', body: 'a,b' })
  })

  test('authorises as a member’s id or with a given header', async () => {
    const client = newClient()
    expect((await ask(client, { as: 7, url: '/echo' })).body.authorization).toBe('Bearer of 7')
    expect((await ask(client, { as: 'Bearer x', url: '/echo' })).body.authorization).toBe(
      'Bearer x',
    )
    await expect(ask({ ...client, bearerOf: undefined }, { as: 7, url: '/echo' })).rejects.toThrow(
      'bearerOf',
    )
  })

  test('returns status, parsed body, all headers and the first cookie', async () => {
    const answer = await ask(newClient(), { url: '/echo' })
    expect([answer.status, answer.cookie]).toEqual([200, 'a=1'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
    expect(JSON.parse(answer.bytes.toString())).toEqual(answer.body)
    expect((await ask(newClient(), { url: '/nowhere' })).status).toBe(404)
  })
})
