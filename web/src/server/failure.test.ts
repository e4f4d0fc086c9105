import { afterEach, expect, test, vi } from 'vitest'
import { en } from '../language/en.ts'
import { ko } from '../language/ko.ts'
import {
  Failure,
  fieldMessagesOf,
  ignoreFailure,
  isFailure,
  isTransient,
  messageFor,
} from './failure.ts'

afterEach(() => vi.unstubAllGlobals())

test.each([
  [new Failure('UNREACHABLE', 0), true],
  [new Failure('SERVICE_UNAVAILABLE', 503), true],
  [new Failure('POST_NOT_FOUND', 404), false],
  [new Error('a bug'), false],
])('%s is transient: %s', (error, expected) => {
  expect(isTransient(error)).toBe(expected)
})

test('a failure matches its own code only', () => {
  const error = new Failure('POST_NOT_FOUND', 404)
  expect(isFailure(error, 'POST_NOT_FOUND')).toBe(true)
  expect(isFailure(error, 'COMMENT_NOT_FOUND')).toBe(false)
  expect(isFailure(new Error('a bug'))).toBe(false)
})

test('a failure that means success already is ignored, and any other is thrown', async () => {
  const fail = (code: string) => () => Promise.reject(new Failure(code, 400))
  await ignoreFailure('POST_ALREADY_DELETED', fail('POST_ALREADY_DELETED'))
  await expect(ignoreFailure('POST_ALREADY_DELETED', fail('POST_NOT_FOUND'))).rejects.toMatchObject(
    { code: 'POST_NOT_FOUND' },
  )
})

test('the server’s message is shown in the language in which it was written', () => {
  const error = new Failure('VALIDATION_FAILED', 400, { message: 'Too long.', language: 'en' })
  expect(messageFor(error, en)).toBe('Too long.')
})

test('after a change of language the message of the error code replaces the server’s', () => {
  const error = new Failure('POST_NOT_FOUND', 404, { message: 'No such post.', language: 'en' })
  expect(messageFor(error, ko)).toMatch(/게시글|글/)
})

test('without a response the message depends on whether the browser is online', () => {
  vi.stubGlobal('navigator', { onLine: false })
  expect(messageFor(new Failure('UNREACHABLE', 0), en)).toBe(en.failure.offline)
  vi.stubGlobal('navigator', { onLine: true })
  expect(messageFor(new Failure('UNREACHABLE', 0), en)).toBe(en.failure.unreachable)
})

test.each([
  [502, en.failure.server],
  [418, en.failure.unexpected],
])('an unreadable response with status %i has a general message', (status, expected) => {
  expect(messageFor(new Failure('UNREADABLE', status), en)).toBe(expected)
})

test('field messages are keyed by the name of the field', () => {
  const error = new Failure('VALIDATION_FAILED', 400, {
    fieldErrors: [
      { field: '/handle', message: 'Too short.' },
      { field: 'email', message: 'Not an address.' },
    ],
  })
  expect(fieldMessagesOf(error)).toEqual({ handle: 'Too short.', email: 'Not an address.' })
  expect(fieldMessagesOf(new Error('a bug'))).toEqual({})
})
