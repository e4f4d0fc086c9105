import { isUtf8 } from 'node:buffer'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { parse } from 'secure-json-parse'
import { refuseHostileText } from './hostile-input.ts'

/** Deeper than any schema of the contract. Nested brackets must not exhaust the stack. */
const MAX_DEPTH = 32
/**
 * Three times the values of the largest body of the contract (500 events). Validation reports each wrong value, and a
 * megabyte of wrong values would take more than a second.
 */
const MAX_VALUES = 20_000

/**
 * Accepts JSON bodies only; other types are 415. Routes with `config.acceptsPlainTextJson` accept JSON labelled
 * `text/plain`, too; on the others a form of another site could send it. An empty body counts as none, whatever its
 * Content-Type.
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

/** Refuses NUL, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot encode, before any schema. */
function refuseHostileContent(content: unknown): void {
  const path: string[] = []
  let values = 0
  const inspect = (value: unknown): void => {
    values += 1
    if (values > MAX_VALUES) throw badBody('값이 너무 많습니다.', 'The body holds too many values.')
    if (typeof value === 'string') refuseHostileText(value, path)
    if (typeof value !== 'object' || value === null) return
    if (path.length >= MAX_DEPTH)
      throw badBody('내용이 너무 깊게 중첩되어 있습니다.', 'The body is nested too deeply.')
    for (const key of Object.keys(value)) {
      refuseHostileText(key, path)
      path.push(key)
      inspect((value as Record<string, unknown>)[key])
      path.pop()
    }
  }
  inspect(content)
}

const badBody = (ko: string, en: string) => new ValidationError([{ field: 'body', ko, en }])
