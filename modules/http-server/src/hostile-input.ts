import { ValidationError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'

/** Refuses addresses that are not UTF-8, and parameters with characters that cannot be stored. */
export const refuseHostileAddresses = (app: HttpServer): void =>
  void app.addHook('preValidation', (request, _reply, done) => {
    if (request.url.includes('%')) refuseBadEncoding(request.url)
    refuseHostileValues(request.params)
    refuseHostileValues(request.query)
    done()
  })

function refuseHostileValues(values: FastifyRequest['params'] | FastifyRequest['query']): void {
  // Loops over the object itself: nearly every request has no parameters, or one.
  const parameters = values as Record<string, unknown>
  for (const name in parameters) {
    const value = parameters[name]
    if (typeof value === 'string') refuseHostileText(value, [name])
  }
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

/** Escapes (%XX) of a query must be UTF-8. A bare % is an ordinary character. */
function refuseBadEncoding(url: string): void {
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
