import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCursors, cursorOf } from './cursor.ts'

const cursors = createCursors('a-key-of-at-least-32-characters-long')

test('a cursor leads back to its position, in its own scope', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.oneof(fc.integer(), fc.string())), (scope, position) => {
      expect(cursors.decodeOrThrow(scope, cursors.encode(scope, position))).toEqual(position)
    }),
  )
})

test('a cursor of another scope, another key, or changed in any byte is refused', () => {
  const cursor = cursors.encode('followings:7', [42])
  expect(() => cursors.decodeOrThrow('followings:8', cursor)).toThrow()
  expect(() =>
    createCursors('another-key-of-at-least-32-characters').decodeOrThrow('followings:7', cursor),
  ).toThrow()
  for (let at = 0; at < cursor.length; at += 1) {
    const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1)
    expect(() => cursors.decodeOrThrow('followings:7', changed), changed).toThrow()
  }
})

test.each(['', 'x', '====', 'null', 'A'.repeat(500), '안녕', `${cursors.encode('s', [1])}=`])(
  '%j is no cursor',
  (text) => {
    expect(() => cursors.decodeOrThrow('s', text)).toThrow(
      'This cursor does not belong to this list',
    )
  },
)

test('a cursor signed by the previous key is still accepted after a change of keys', () => {
  const before = cursors.encode('s', [1])
  const after = createCursors(
    'the-new-key-of-at-least-32-characters',
    'a-key-of-at-least-32-characters-long',
  )
  expect(after.decodeOrThrow('s', before)).toEqual([1])
})

test('a cursor type matches positions of its own kinds and no others', () => {
  const byTimeAndKey = cursorOf('number', 'string')
  expect(byTimeAndKey.matches([1, 'a'])).toBe(true)
  for (const other of [[], [1], ['a', 1], [1, 'a', 2], [1, 2]])
    expect(byTimeAndKey.matches(other), JSON.stringify(other)).toBe(false)
})
