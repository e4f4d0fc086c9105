import { isUtf8 } from 'node:buffer'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { parse } from 'secure-json-parse'

/** Deeper than any schema of ours; a parser of nested brackets must not be a way to spend our stack. */
const MAX_DEPTH = 32
/** Three times what the largest of our own bodies (500 events) holds. A schema describes each wrong value, and a megabyte of them takes a second and more. */
const MAX_VALUES = 20_000

/**
 * JSON bodies, and nothing else: other types are 415, except JSON labelled `text/plain` on the few routes that say so
 * (`config.acceptsPlainTextJson`; on the others a form of another site could send it). An empty body is no body,
 * whatever its Content-Type.
 */
export function parseJsonBodies(app: HttpServer): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJsonOrThrow(body),
  )
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined
      const isPlainText = request.headers['content-type']?.startsWith('text/plain') ?? false
      if (isPlainText && request.routeOptions.config.acceptsPlainTextJson === true)
        return parseJsonOrThrow(body)
      throw new DailyfeedError('UNSUPPORTED_MEDIA_TYPE')
    },
  )
}

function parseJsonOrThrow(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw badBody('UTF-8이 아닌 글자가 있습니다.', 'The body is not valid UTF-8.')
  let value: unknown
  try {
    value = parse(body.toString('utf8'), { protoAction: 'error', constructorAction: 'error' })
  } catch {
    throw badBody('JSON 형식이 올바르지 않습니다.', 'The body is not valid JSON.')
  }
  refuseHostileContent(value)
  return value
}

/** PostgreSQL cannot keep NUL, and nothing can keep half a surrogate pair: both are refused before any schema. */
function refuseHostileContent(content: unknown): void {
  const path: string[] = []
  let values = 0
  const look = (value: unknown): void => {
    values += 1
    if (values > MAX_VALUES) throw badBody('값이 너무 많습니다.', 'The body holds too many values.')
    if (typeof value === 'string') refuseHostileText(value, path)
    if (typeof value !== 'object' || value === null) return
    if (path.length >= MAX_DEPTH)
      throw badBody('내용이 너무 깊게 중첩되어 있습니다.', 'The body is nested too deeply.')
    for (const key of Object.keys(value)) {
      refuseHostileText(key, path)
      path.push(key)
      look((value as Record<string, unknown>)[key])
      path.pop()
    }
  }
  look(content)
}

export function refuseHostileText(text: string, path: readonly string[]): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new ValidationError([
      {
        field: path.join('.'),
        ko: '사용할 수 없는 문자가 들어 있습니다.',
        en: 'It contains characters that cannot be used.',
      },
    ])
  }
}

/** What a query writes as %XX has to be UTF-8. A bare % is a character like any other. */
export function refuseBadEncoding(url: string): void {
  for (const [escapes] of url.matchAll(/(?:%[0-9a-f]{2})+/gi)) {
    try {
      decodeURIComponent(escapes)
    } catch {
      throw new ValidationError([
        {
          field: 'query',
          ko: 'UTF-8이 아닌 글자가 있습니다.',
          en: 'The address is not valid UTF-8.',
        },
      ])
    }
  }
}

const badBody = (ko: string, en: string) => new ValidationError([{ field: 'body', ko, en }])
