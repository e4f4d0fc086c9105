import { expect, test } from 'vitest'
import { createSession, type SessionEnd } from './session.ts'

function signedInSession() {
  const session = createSession()
  const ends: SessionEnd[] = []
  session.onEnd((reason) => ends.push(reason))
  session.state.set('SIGNED_IN')
  return { session, ends }
}

test('several reports of the same end call the listeners once', () => {
  const { session, ends } = signedInSession()
  session.end('EXPIRED')
  session.end('EXPIRED')
  expect(ends).toEqual(['EXPIRED'])
  expect(session.state.get()).toBe('SIGNED_OUT')
})

test('a session that never began ends without calling the listeners', () => {
  const session = createSession()
  const ends: SessionEnd[] = []
  session.onEnd((reason) => ends.push(reason))
  session.end('EXPIRED')
  expect(session.state.get()).toBe('SIGNED_OUT')
  expect(ends).toEqual([])
})

test('a second session of the same page can end too', () => {
  const { session, ends } = signedInSession()
  session.end('LOGGED_OUT')
  session.state.set('SIGNED_IN')
  session.end('WITHDRAWN')
  expect(ends).toEqual(['LOGGED_OUT', 'WITHDRAWN'])
})
