import type { FieldProblem } from '@dailyfeed/contract/errors'
import { Ajv, type ErrorObject, type Options } from 'ajv'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'

const FORMATS: NonNullable<Options['formats']> = {
  // Wide on purpose: only a message sent to an address proves that it exists.
  email: /^[^\s@"<>()[\],;:\\]{1,64}@[^\s@"<>()[\],;:\\]+\.[^\s@"<>()[\],;:\\.]{2,}$/u,
  date: isCalendarDay,
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
  'http-url': (text: string) => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text),
}

export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false // PostgreSQL has no year 0
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

// Both remove unknown properties, so that they are never stored. Bodies keep their types; text of queries and paths is
// converted to the types of the schema.
const strict = new Ajv({
  coerceTypes: false,
  removeAdditional: 'all',
  useDefaults: true,
  allErrors: true,
  strict: false,
  formats: FORMATS,
})
const coercing = new Ajv({
  coerceTypes: true,
  removeAdditional: 'all',
  useDefaults: true,
  allErrors: true,
  strict: false,
  formats: FORMATS,
})

/** Validates bodies strictly; queries, paths and headers are text and are converted to the types of their schema. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? strict : coercing).compile(schema)

/** At most 20 problems, one for each field, as sentences for people. */
export function problemsOf(
  errors: readonly FastifySchemaValidationError[],
  context: string,
): FieldProblem[] {
  const problems = new Map<string, FieldProblem>()
  for (const error of errors as readonly ErrorObject[]) {
    const field = fieldOf(error) || context
    // A union reports each branch that failed; the first concrete problem is the most useful.
    if (error.keyword === 'anyOf' && problems.has(field)) continue
    const known = problems.get(field)
    if (known === undefined || isMoreSpecific(error))
      problems.set(field, { field, ...messageFor(error) })
    if (problems.size >= 20) break
  }
  return [...problems.values()]
}

const isMoreSpecific = ({ keyword }: ErrorObject) => !['const', 'anyOf', 'type'].includes(keyword)

function fieldOf({ instancePath, keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll('/', '.')
  if (keyword !== 'required') return path
  const missing = String(params['missingProperty'])
  return path === '' ? missing : `${path}.${missing}`
}

function messageFor({ keyword, params }: ErrorObject): { ko: string; en: string } {
  const limit = Number(params['limit'])
  switch (keyword) {
    case 'required':
      return { ko: '필수 항목입니다.', en: 'This is required.' }
    case 'type':
      return {
        ko: `${TYPE_NAMES[String(params['type'])]?.ko ?? '다른 형식'}이어야 합니다.`,
        en: `This must be ${TYPE_NAMES[String(params['type'])]?.en ?? 'of another type'}.`,
      }
    case 'minLength':
      return limit === 1
        ? { ko: '내용을 입력해 주세요.', en: 'This must not be empty.' }
        : {
            ko: `${limit}자 이상이어야 합니다.`,
            en: `This must have at least ${limit} characters.`,
          }
    case 'maxLength':
      return {
        ko: `${limit.toLocaleString('en')}자 이하여야 합니다.`,
        en: `This must have at most ${limit.toLocaleString('en')} characters.`,
      }
    case 'minimum':
      return { ko: `${limit} 이상이어야 합니다.`, en: `This must be at least ${limit}.` }
    case 'maximum':
      return {
        ko: `${limit.toLocaleString('en')} 이하여야 합니다.`,
        en: `This must be at most ${limit.toLocaleString('en')}.`,
      }
    case 'maxItems':
      return {
        ko: `${limit.toLocaleString('en')}개 이하여야 합니다.`,
        en: `There must be at most ${limit.toLocaleString('en')}.`,
      }
    case 'minItems':
      return { ko: `${limit}개 이상이어야 합니다.`, en: `There must be at least ${limit}.` }
    case 'format':
      return FORMAT_SENTENCES[String(params['format'])] ?? WRONG_FORM
    case 'const':
    case 'enum':
    case 'anyOf':
      return {
        ko: '정해진 값 가운데 하나여야 합니다.',
        en: 'This must be one of the allowed values.',
      }
    default:
      return WRONG_FORM
  }
}

const WRONG_FORM = { ko: '형식이 올바르지 않습니다.', en: 'This does not have the right form.' }
const TYPE_NAMES: Record<string, { ko: string; en: string }> = {
  string: { ko: '문자열', en: 'text' },
  integer: { ko: '정수', en: 'a whole number' },
  number: { ko: '숫자', en: 'a number' },
  boolean: { ko: '참 또는 거짓', en: 'true or false' },
  array: { ko: '목록', en: 'a list' },
  object: { ko: 'JSON 객체', en: 'a JSON object' },
}
const FORMAT_SENTENCES: Record<string, { ko: string; en: string }> = {
  email: { ko: '이메일 주소 형식이 올바르지 않습니다.', en: 'This is not an e-mail address.' },
  date: {
    ko: 'YYYY-MM-DD 형식의 날짜여야 합니다.',
    en: 'This must be a date of the form YYYY-MM-DD.',
  },
  'date-time': {
    ko: 'ISO 8601 형식의 시각이어야 합니다.',
    en: 'This must be a time of the form ISO 8601.',
  },
  'http-url': {
    ko: 'http 또는 https 주소여야 합니다.',
    en: 'This must be an http or https address.',
  },
}
