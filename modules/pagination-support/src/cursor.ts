import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { ValidationError } from '@dailyfeed/contract/errors'

/** The sort values of the last item of a page: the next page begins after them. */
export type Position = (number | string)[]

/** The shape of one list's positions, so that a decoded cursor needs no cast. */
export interface CursorType<Values extends Position = Position> {
  matches(position: Position): position is Values
}

type ValueOf<Kind> = Kind extends 'number' ? number : string

/** `cursorOf('number')` has positions `[number]`, `cursorOf('string', 'number')` has `[string, number]`. */
export const cursorOf = <const Kinds extends readonly ('number' | 'string')[]>(
  ...kinds: Kinds
): CursorType<{ -readonly [Index in keyof Kinds]: ValueOf<Kinds[Index]> }> => ({
  matches: (position): position is { -readonly [Index in keyof Kinds]: ValueOf<Kinds[Index]> } =>
    position.length === kinds.length &&
    kinds.every((kind, index) => typeof position[index] === kind),
})

/**
 * Opaque cursors. Each belongs to one scope (list, parameters and member): the scope is not in the cursor but in its
 * MAC, so that a cursor of another list, another member or another hand is refused.
 */
export interface Cursors {
  encode(scope: string, position: Position): string
  /** Throws a ValidationError for anything that `encode` did not make for this scope. */
  decodeOrThrow(scope: string, cursor: string): Position
}

const MAC_BYTES = 16

export function createCursors(key: string, previousKey?: string): Cursors {
  // One KeyObject for the process: making it anew for each MAC costs seven times the MAC.
  const signing = secretKeyOf(key)
  const accepted = previousKey === undefined ? [signing] : [signing, secretKeyOf(previousKey)]
  return {
    encode(scope, position) {
      const body = Buffer.from(JSON.stringify(position))
      return Buffer.concat([macOf(signing, scope, body), body]).toString('base64url')
    },
    decodeOrThrow(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url')
      const mac = bytes.subarray(0, MAC_BYTES)
      const body = bytes.subarray(MAC_BYTES)
      // The second test refuses other spellings of the same bytes.
      const isOurs =
        body.length > 0 &&
        bytes.toString('base64url') === cursor &&
        accepted.some((one) => timingSafeEqual(mac, macOf(one, scope, body)))
      if (!isOurs) throw badCursor()
      return JSON.parse(body.toString()) as Position
    },
  }
}

/** Also thrown for a genuine cursor whose list has expired. */
export const badCursor = () =>
  new ValidationError([
    {
      field: 'cursor',
      ko: '이 목록에 쓸 수 없는 커서입니다. 처음부터 다시 불러와 주세요.',
      en: 'This cursor does not belong to this list. Please start again from its beginning.',
    },
  ])

const secretKeyOf = (key: string): KeyObject => createSecretKey(Buffer.from(key))
const macOf = (key: KeyObject, scope: string, body: Buffer) =>
  createHmac('sha256', key)
    .update(`${scope.length}:${scope}`)
    .update(body)
    .digest()
    .subarray(0, MAC_BYTES)
