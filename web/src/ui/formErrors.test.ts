import { expect, test } from 'vitest'
import { en } from '../language/en.ts'
import { Failure } from '../server/failure.ts'
import { formErrorsOf } from './formErrors.ts'

const taken = new Failure('MEMBER_HANDLE_ALREADY_EXISTS', 400, {
  message: 'Taken.',
  language: 'en',
})

test('without an error there are no messages', () => {
  expect(formErrorsOf(null, en)).toEqual({ fields: {}, message: undefined })
})

test('an error of the whole form is its message', () => {
  expect(formErrorsOf(taken, en)).toEqual({ fields: {}, message: 'Taken.' })
})

test('an error code that is about one field is shown there, and not for the whole form', () => {
  expect(formErrorsOf(taken, en, { MEMBER_HANDLE_ALREADY_EXISTS: 'handle' })).toEqual({
    fields: { handle: 'Taken.' },
    message: undefined,
  })
})

test('validation errors are shown at their fields', () => {
  const invalid = new Failure('VALIDATION_FAILED', 400, {
    message: 'Please check what you entered.',
    fieldErrors: [{ field: '/email', message: 'Not an address.' }],
    language: 'en',
  })
  expect(formErrorsOf(invalid, en)).toEqual({
    fields: { email: 'Not an address.' },
    message: undefined,
  })
})
