import { afterEach, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { componentOf, type Dependency } from './dependency.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'

let app: HttpServer
afterEach(() => app.close())

const dependency = (more: Partial<Dependency>): Dependency => ({
  name: 'database',
  isRequired: true,
  check: async () => {},
  describe: () => 'the database refuses connections',
  ...more,
})
const unavailable = () => Promise.reject(new Error('secret address 10.0.0.1'))
const hanging = () => new Promise(() => {})

async function serve(...dependencies: Dependency[]): Promise<void> {
  app = await createHttpServer({ service: 'test', log: createLog('test', 'silent') })
  for (const one of dependencies) app.components.register(componentOf(one))
}

async function probe(url = '/healthz/ready') {
  const { statusCode, headers, body } = await app.inject({ url })
  return { statusCode, headers, body: JSON.parse(body) }
}

test('readiness is 200 and names each component with its state', async () => {
  await serve(dependency({}))
  app.components.register({
    name: 'calls.image',
    isRequired: false,
    status: () => ({ state: 'DOWN', circuit: 'OPEN' }),
  })
  expect((await probe()).body).toEqual({
    status: 200,
    result: 'SUCCESS',
    data: 'ready',
    components: {
      database: { state: 'UP', required: true },
      'calls.image': { state: 'DOWN', circuit: 'OPEN', required: false },
    },
  })
})

test('without a required component readiness is 503 and says why, and the service stays live', async () => {
  await serve(dependency({ check: unavailable }), dependency({ name: 'kafka', isRequired: false }))
  const { statusCode, headers, body } = await probe()
  expect([statusCode, headers['retry-after']]).toEqual([503, '1'])
  expect(body).toMatchObject({
    statusCode: 503,
    resultCode: 'FAIL',
    code: 'SERVICE_UNAVAILABLE',
    components: {
      database: { state: 'DOWN', detail: 'the database refuses connections (for 0 s)' },
      kafka: { required: false },
    },
  })
  expect(JSON.stringify(body)).not.toContain('10.0.0.1')
  expect((await probe('/healthz/live')).statusCode).toBe(200)
})

test('a component named by `exclude` does not count', async () => {
  await serve(dependency({ name: 'search', check: unavailable }), dependency({}))
  expect((await probe()).statusCode).toBe(503)
  expect((await probe('/healthz/ready?exclude=image,search')).statusCode).toBe(200)
  expect((await probe('/healthz/ready?exclude=database')).statusCode).toBe(503)
})

test('no probe waits for an optional component that hangs', async () => {
  await serve(dependency({}), dependency({ name: 'redis', isRequired: false, check: hanging }))
  const { statusCode, body } = await probe()
  expect([statusCode, body.components.redis.state]).toEqual([200, 'UNKNOWN'])
})

test('a slow check of a required component keeps its last outcome', async () => {
  let check: () => Promise<unknown> = async () => {}
  await serve(dependency({ check: () => check() }))
  expect((await probe()).statusCode).toBe(200)
  check = hanging
  expect((await probe()).statusCode).toBe(200)
})

test('a component that fails within its grace is FAILING and does not make the service unready', async () => {
  let check: () => Promise<unknown> = async () => {}
  const failing = (name: string, graceMilliseconds: number) =>
    dependency({ name, graceMilliseconds, check: () => check() })
  await serve(failing('patient', 3_600_000), failing('impatient', 0))
  expect((await probe()).statusCode).toBe(200)
  check = unavailable
  const { statusCode, body } = await probe()
  expect([statusCode, body.components.patient.state, body.components.impatient.state]).toEqual([
    503,
    'FAILING',
    'DOWN',
  ])
  expect((await probe('/healthz/ready?exclude=impatient')).statusCode).toBe(200)
})

test('a component that has never worked has no grace', async () => {
  await serve(dependency({ check: unavailable, graceMilliseconds: 3_600_000 }))
  expect((await probe()).statusCode).toBe(503)
})

test('metrics show which components work', async () => {
  await serve(dependency({}), dependency({ name: 'search', check: unavailable }))
  const { body } = await app.inject({ url: '/metrics' })
  expect(body).toContain('component_up{component="database",service="test"} 1')
  expect(body).toContain('component_up{component="search",service="test"} 0')
})

test('two components cannot have the same name', async () => {
  await serve(dependency({}))
  expect(() => app.components.register(componentOf(dependency({})))).toThrow("'database'")
})
