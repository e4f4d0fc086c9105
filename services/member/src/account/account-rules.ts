import type { FieldProblem } from '@dailyfeed/contract/errors'
import { fieldProblem } from '../field-problem.ts'
import { isCommonPassword } from './common-passwords.ts'

/**
 * Composes letters and accents the same way on every keyboard (NFC). Letter case is kept as typed; the
 * database compares addresses without it.
 */
export const normaliseEmail = (typed: string): string => typed.normalize('NFC')

/** Counted in code points after normalisation, which may leave fewer than the schema has counted. */
const MIN_PASSWORD_LENGTH = 8

/** A password that is this name with digits and signs around it is guessed early. */
const PRODUCT_NAME = 'dailyfeed'

/**
 * There are no rules of composition, but a password must neither contain the handle or the e-mail
 * address nor be a common one. `field` names it in the answer.
 */
export async function passwordProblem(
  password: string,
  handle: string,
  email: string,
  field = 'password',
): Promise<FieldProblem | undefined> {
  const normal = password.normalize('NFKC')
  if ([...normal].length < MIN_PASSWORD_LENGTH)
    return fieldProblem(
      field,
      `${MIN_PASSWORD_LENGTH}자 이상이어야 합니다.`,
      `This must have at least ${MIN_PASSWORD_LENGTH} characters.`,
    )
  const typed = normal.toLowerCase()
  const known = [handle, email, email.split('@', 1)[0] ?? '']
    .map((text) => text.toLowerCase())
    .filter((text) => text.length >= 3)
  if (known.some((text) => typed.includes(text)))
    return fieldProblem(
      field,
      '비밀번호에 핸들이나 이메일을 넣을 수 없습니다.',
      'A password must not contain the handle or the e-mail address.',
    )
  return typed.replace(/[^\p{L}]/gu, '') === PRODUCT_NAME || (await isCommonPassword(typed))
    ? fieldProblem(
        field,
        '많이 쓰여 쉽게 알아낼 수 있는 비밀번호입니다. 다른 비밀번호를 골라 주세요.',
        'This password is so common that it is guessed early. Please choose another.',
      )
    : undefined
}
