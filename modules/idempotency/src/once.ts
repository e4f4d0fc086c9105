import { createHash } from 'node:crypto'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import { IDEMPOTENCY_KEY } from '@dailyfeed/contract/headers'
import { type Success, success } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sql, TransactionSql } from 'postgres'
import { claimKey, deleteOldKeys, findKey, keepAnswer, ownerOf } from './idempotency-key.queries.ts'

interface OnceContext {
  sql: Sql
  /** Called after the commit alone, however early the act calls it. */
  wakeRelay?: () => void
}

interface CreatingRequest<Context, Answer> {
  request: FastifyRequest
  reply: FastifyReply
  /** Of the answer. */
  status: 200 | 201
  act: (context: Context) => Promise<Answer>
  /** Whose key it is; by default the member's who asks. */
  owner?: string
  /** What has to be the same for the same answer; by default the JSON body. */
  body?: string | Buffer
}

/** Answers a request that creates something. With an Idempotency-Key it has one effect and one answer within 24 hours. */
export type Once<Context> = <Answer>(
  creating: CreatingRequest<Context, Answer>,
) => Promise<Success<Answer>>

const KEY_FORM = /^[\x20-\x7e]{1,255}$/
/** PostgreSQL's answer when `lock_timeout` has passed. */
const LOCK_NOT_AVAILABLE = '55P03'
const CLEAN_EVERY_MILLISECONDS = 600_000

/**
 * Without a key the act runs as it always did, at no cost. With one it runs in a single transaction together with the
 * record of its answer, so that whatever breaks, and wherever, leaves both or neither; an act that is refused rolls the
 * key back too, and it can be used again.
 */
export function createOnce<Context extends OnceContext>(
  app: HttpServer,
  schema: string,
  context: Context,
): Once<Context> {
  cleanWhileListening(app, context.sql, schema)
  // Of one process: duplicates wait here for the first, and hold no connection meanwhile.
  const running = new Map<string, Promise<unknown>>()

  async function runOnce<Answer>(
    { request, act, owner, body }: CreatingRequest<Context, Answer>,
    key: string,
  ): Promise<Answer> {
    const whose = owner ?? ownerOf(request.memberId)
    const claim = {
      owner: whose,
      key,
      fingerprint: fingerprintOf(request, body ?? JSON.stringify(request.body ?? null)),
    }
    let hasActed = false
    const answer = (await context.sql.begin(async (transaction) => {
      const sql = nestable(transaction)
      const isOurs = await claimKey(sql, schema, claim).catch((error: { code?: string }) => {
        if (error.code === LOCK_NOT_AVAILABLE)
          throw new DailyfeedError('IDEMPOTENCY_KEY_IN_PROGRESS', {
            retryAfterSeconds: 1,
            cause: error,
          })
        throw error
      })
      if (!isOurs) {
        const kept = await findKey(sql, schema, whose, key)
        // Cleaned away between the two statements.
        if (kept === undefined)
          throw new DailyfeedError('IDEMPOTENCY_KEY_IN_PROGRESS', { retryAfterSeconds: 1 })
        if (!kept.fingerprint.equals(claim.fingerprint))
          throw new DailyfeedError('IDEMPOTENCY_KEY_REUSED')
        return JSON.parse(kept.answer)
      }
      const made = await act({ ...context, sql, wakeRelay() {} })
      await keepAnswer(sql, schema, whose, key, JSON.stringify(made))
      hasActed = true
      return made
    })) as Answer
    if (hasActed) context.wakeRelay?.()
    return answer
  }

  async function inTurn<Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> {
    for (let before = running.get(name); before !== undefined; before = running.get(name))
      await before.catch(() => {})
    const mine = work().finally(() => running.delete(name))
    running.set(name, mine)
    return mine
  }

  return async (creating) => {
    const { request, reply, status, act, owner } = creating
    const key = keyOrThrow(request)
    const answer =
      key === undefined
        ? await act(context)
        : await inTurn(`${owner ?? request.memberId} ${key}`, () => runOnce(creating, key))
    reply.code(status)
    return success(status, answer)
  }
}

function keyOrThrow({ headers }: FastifyRequest): string | undefined {
  const key = headers[IDEMPOTENCY_KEY]
  if (key === undefined || (typeof key === 'string' && KEY_FORM.test(key))) return key
  throw new ValidationError([
    {
      field: 'Idempotency-Key',
      ko: '멱등 키는 1~255자의 출력 가능한 ASCII 문자여야 합니다.',
      en: 'An idempotency key has 1 to 255 printable ASCII characters.',
    },
  ])
}

/** The path without its query: what a creation depends on stands in path and body. */
const fingerprintOf = ({ method, url }: FastifyRequest, body: string | Buffer): Buffer =>
  createHash('sha256')
    .update(`${method} ${url.split('?', 1)[0]?.replace(/\/$/, '')}\n`)
    .update(body)
    .digest()

/** A transaction on which `begin` makes a savepoint, so that an act that opens a transaction can run inside of one. */
const nestable = (transaction: TransactionSql): Sql =>
  Object.assign(transaction, {
    begin: (work: (inner: TransactionSql) => Promise<unknown>) =>
      transaction.savepoint((inner) => work(inner)),
  }) as unknown as Sql

function cleanWhileListening(app: HttpServer, sql: Sql, schema: string): void {
  const clean = () =>
    deleteOldKeys(sql, schema).catch((err) =>
      app.log.warn({ err }, 'old idempotency keys not deleted; tried again'),
    )
  let cleaning: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    cleaning = setInterval(clean, CLEAN_EVERY_MILLISECONDS)
    cleaning.unref()
  })
  app.addHook('onClose', async () => clearInterval(cleaning))
}
