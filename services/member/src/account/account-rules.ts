import { type FieldProblem, ValidationError } from '@dailyfeed/contract/errors'
import { isCommonPassword } from './common-passwords.ts'

const problem = (field: string, ko: string, en: string): FieldProblem => ({ field, ko, en })

/** One spelling of an address, whichever keyboard composed it. Its case is kept, and does not tell two apart. */
export const emailOf = (typed: string): string => typed.normalize('NFC')

/** Code points; what a schema counts before a password is normalised may be more than it then is. */
const MIN_PASSWORD_LENGTH = 8

/** Digits and signs around it make it no secret. */
const PRODUCT_NAME = 'dailyfeed'

/** No rule of composition; but a password must not be what everybody knows, or knows of its owner. */
export async function passwordProblem(
  password: string,
  handle: string,
  email: string,
  field = 'password',
): Promise<FieldProblem | undefined> {
  const normal = password.normalize('NFKC')
  if ([...normal].length < MIN_PASSWORD_LENGTH)
    return problem(
      field,
      `${MIN_PASSWORD_LENGTH}자 이상이어야 합니다.`,
      `This must have at least ${MIN_PASSWORD_LENGTH} characters.`,
    )
  const typed = normal.toLowerCase()
  const known = [handle, email, email.split('@', 1)[0] ?? '']
    .map((text) => text.toLowerCase())
    .filter((text) => text.length >= 3)
  if (known.some((text) => typed.includes(text)))
    return problem(
      field,
      '비밀번호에 핸들이나 이메일을 넣을 수 없습니다.',
      'A password must not contain the handle or the e-mail address.',
    )
  return typed.replace(/[^\p{L}]/gu, '') === PRODUCT_NAME || (await isCommonPassword(typed))
    ? problem(
        field,
        '많이 쓰여 쉽게 알아낼 수 있는 비밀번호입니다. 다른 비밀번호를 골라 주세요.',
        'This password is so common that it is guessed early. Please choose another.',
      )
    : undefined
}

/** A calendar day has been judged by the schema already. */
export const birthDateProblem = (birthDate: string | null | undefined): FieldProblem | undefined =>
  typeof birthDate === 'string' &&
  birthDate !== '' &&
  birthDate >= new Date().toISOString().slice(0, 10)
    ? problem('birthDate', '과거의 날짜여야 합니다.', 'This must be a date in the past.')
    : undefined

export function timezoneProblem(timezone: string | null | undefined): FieldProblem | undefined {
  if (typeof timezone !== 'string' || timezone === '') return undefined
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return undefined
  } catch {
    return problem(
      'timezone',
      'Asia/Seoul 같은 IANA 시간대여야 합니다.',
      'This must be an IANA time zone such as Asia/Seoul.',
    )
  }
}

/** Any http(s) address, or a path of ours. Kept byte for byte. `no-image` and `''` mean none. */
export function avatarUrlProblem(url: string | null | undefined): FieldProblem | undefined {
  if (avatarUrlOf(url) === null || url === undefined || url === null) return undefined
  const isAddress = /^https?:\/\/[^\s]+$/i.test(url) && URL.canParse(url)
  const isPath = /^\/[^\s\\]*\/images\/view\/[\w.-]+(\?[^\s]*)?$/.test(url)
  return isAddress || isPath
    ? undefined
    : problem(
        'avatarUrl',
        'http 또는 https 주소이거나 /api/images/view/ 경로여야 합니다.',
        'This must be an http or https address, or a path ending in /images/view/ and an id.',
      )
}

export const avatarUrlOf = (url: string | null | undefined): string | null =>
  url === undefined || url === null || url === '' || url === 'no-image' ? null : url

export function throwProblems(...problems: (FieldProblem | undefined)[]): void {
  const found = problems.filter((one) => one !== undefined)
  if (found.length > 0) throw new ValidationError(found)
}
