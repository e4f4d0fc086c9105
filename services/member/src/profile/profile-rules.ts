import type { FieldProblem } from '@dailyfeed/contract/errors'
import { fieldProblem } from '../field-problem.ts'

/** The schema has already made sure that it is a calendar day. */
export const birthDateProblem = (birthDate: string | null | undefined): FieldProblem | undefined =>
  typeof birthDate === 'string' &&
  birthDate !== '' &&
  birthDate >= new Date().toISOString().slice(0, 10)
    ? fieldProblem('birthDate', '과거의 날짜여야 합니다.', 'This must be a date in the past.')
    : undefined

export function timezoneProblem(timezone: string | null | undefined): FieldProblem | undefined {
  if (typeof timezone !== 'string' || timezone === '') return undefined
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return undefined
  } catch {
    return fieldProblem(
      'timezone',
      'Asia/Seoul 같은 IANA 시간대여야 합니다.',
      'This must be an IANA time zone such as Asia/Seoul.',
    )
  }
}

/** Accepts any http(s) address and any path of an image of this product, both kept byte for byte. */
export function avatarUrlProblem(url: string | null | undefined): FieldProblem | undefined {
  if (avatarUrlOf(url) === null || url === undefined || url === null) return undefined
  const isAddress = /^https?:\/\/[^\s]+$/i.test(url) && URL.canParse(url)
  const isPath = /^\/[^\s\\]*\/images\/view\/[\w.-]+(\?[^\s]*)?$/.test(url)
  return isAddress || isPath
    ? undefined
    : fieldProblem(
        'avatarUrl',
        'http 또는 https 주소이거나 /api/images/view/ 경로여야 합니다.',
        'This must be an http or https address, or a path ending in /images/view/ and an id.',
      )
}

/** Null for none: clients say so by `no-image`, an empty text or null. */
export const avatarUrlOf = (url: string | null | undefined): string | null =>
  url === undefined || url === null || url === '' || url === 'no-image' ? null : url
