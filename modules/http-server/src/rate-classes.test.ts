import { expect, test } from 'vitest'
import { rateClassOf } from './rate-classes.ts'

test.each([
  ['GET', '/api/posts/:id', 'read'],
  ['HEAD', '/api/posts/:id', 'read'],
  ['POST', '/api/posts', 'write'],
  ['PUT', '/api/posts/:id', 'write'],
  ['PATCH', '/api/posts/:id', 'write'],
  ['DELETE', '/api/posts/:id', 'write'],
  [['GET', 'HEAD'], '/api/posts/:id', 'read'],
  [['GET', 'POST'], '/api/posts/:id', 'write'],
  ['GET', '/api/search/posts', 'search'],
  ['POST', '/api/search/posts/query', 'search'],
  ['GET', '/api/searchers', 'read'],
  ['POST', '/api/admin/jobs/:job', 'admin'],
  ['POST', '/api/timeline/posts/query/list', 'read'],
] as const)('%s %s is of class %s', (method, url, rateClass) => {
  expect(rateClassOf({ method, url })).toBe(rateClass)
})

test('the setting of a route outranks its prefix and its method', () => {
  expect(rateClassOf({ method: 'POST', url: '/api/admin/login', rateClass: 'login' })).toBe('login')
})

test('routes outside /api have no class', () => {
  for (const url of ['/healthz/live', '/metrics', '/internal/jobs/:job', '/apis'])
    expect(rateClassOf({ method: 'GET', url })).toBeUndefined()
})
