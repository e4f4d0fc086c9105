import { createHash } from 'node:crypto'
import { KeyedMutex } from '@dailyfeed/concurrency/keyed-mutex'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import { IDEMPOTENCY_KEY } from '@dailyfeed/contract/headers'
import { type Success, success } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  claimKey,
  deleteOldKeys,
  findKey,
  type KeyClaim,
  ownerOf,
  saveAnswer,
} from './idempotency-key.queries.ts'

interface OnceContext {
  /** The pool; within an action, the transaction that also stores the answer. */
  sql: Queryable
  /** Wakes the relay. It is called once after the commit; calls within an action do nothing. */
  wakeRelay?: () => void
}

type Action<Context, Answer> = (context: Context) => Promise<Answer>

interface KeyedRequest {
  request: FastifyRequest
  reply: FastifyReply
  /** Status of the answer. */
  status: 200 | 201
  /** Owner of the key; by default the member who sent the request. */
  owner?: string
  /** The content that a repetition must have to get the same answer; by default the JSON body. */
  body?: string | Buffer
}

type CreatingRequest<Context, Answer> = KeyedRequest &
  (
    | { action: Action<Context, Answer> }
    /**
     * Does the slow work that needs no database, such as hashing, and returns the action. With a key, no transaction
     * and no connection waits for it.
     */
    | { prepare: () => Promise<Action<Context, Answer>> }
  )

/**
 * Answers a request that creates something. With an Idempotency-Key it has one effect and one
 * answer within 24 hours.
 */
export type Once<Context> = <Answer>(
  creating: CreatingRequest<Context, Answer>,
) => Promise<Success<Answer>>

const KEY_FORM = /^[\x20-\x7e]{1,255}$/
/** PostgreSQL's error code when `lock_timeout` has passed. */
const LOCK_NOT_AVAILABLE = '55P03'
const CLEAN_EVERY_MILLISECONDS = 600_000

/**
 * Without a key an action runs as it is, at no cost. With a key it runs in one transaction with the record of its answer,
 * so that any failure, wherever it happens, leaves both or neither. An action that is refused rolls back the key too, so
 * that the key can be used again.
 */
export function createOnce<Context extends OnceContext>(
  app: HttpServer,
  schema: string,
  context: Context,
): Once<Context> {
  deleteOldKeysWhileListening(app, context.sql, schema)
  // Duplicates that arrive at the same process wait here for the first, without a database connection.
  const mutex = new KeyedMutex()

  async function runOnce<Answer>(
    claim: KeyClaim,
    creating: CreatingRequest<Context, Answer>,
  ): Promise<Answer> {
    // A repetition is not prepared again, but for one that arrives at two processes at once.
    const stored =
      'prepare' in creating ? await findStored<Answer>(context.sql, schema, claim) : undefined
    if (stored !== undefined) return stored.answer
    const action = await actionOf(creating)
    let isNew = false
    const answer = await inTransaction(context.sql, async (transaction) => {
      if (!(await claimOrThrow(transaction, schema, claim)))
        return findAnswerOrThrow<Answer>(transaction, schema, claim)
      const created = await action({ ...context, sql: transaction, wakeRelay() {} })
      await saveAnswer(transaction, schema, claim, JSON.stringify(created))
      isNew = true
      return created
    })
    if (isNew) context.wakeRelay?.()
    return answer
  }

  return async (creating) => {
    const { reply, status } = creating
    const claim = claimOf(creating)
    const answer =
      claim === undefined
        ? await (await actionOf(creating))(context)
        : await mutex.run(`${claim.owner} ${claim.key}`, () => runOnce(claim, creating))
    reply.code(status)
    return success(status, answer)
  }
}

const actionOf = async <Context, Answer>(
  creating: CreatingRequest<Context, Answer>,
): Promise<Action<Context, Answer>> =>
  'prepare' in creating ? await creating.prepare() : creating.action

/** Undefined for a request without a key. Throws a ValidationError for a malformed key. */
function claimOf({
  request,
  owner,
  body,
}: Pick<KeyedRequest, 'request' | 'owner' | 'body'>): KeyClaim | undefined {
  const key = keyOrThrow(request)
  if (key === undefined) return undefined
  return {
    owner: owner ?? ownerOf(request.memberId),
    key,
    fingerprint: fingerprintOf(request, body ?? JSON.stringify(request.body ?? null)),
  }
}

function keyOrThrow({ headers }: FastifyRequest): string | undefined {
  const key = headers[IDEMPOTENCY_KEY]
  if (key === undefined || (typeof key === 'string' && KEY_FORM.test(key))) return key
  throw new ValidationError([
    {
      field: 'Idempotency-Key',
      ko: '멱등 키는 1~255자의 출력 가능한 ASCII 문자여야 합니다.',
      en: 'An idempotency key must have 1 to 255 printable ASCII characters.',
    },
  ])
}

/**
 * Whether the transaction owns the key now. Throws IDEMPOTENCY_KEY_IN_PROGRESS when another holds
 * it for too long.
 */
async function claimOrThrow(
  transaction: Queryable,
  schema: string,
  claim: KeyClaim,
): Promise<boolean> {
  try {
    return await claimKey(transaction, schema, claim)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)
      throw inProgress(error)
    throw error
  }
}

/**
 * The answer of the first request with this key. Throws IDEMPOTENCY_KEY_REUSED when that request
 * was another one.
 */
async function findAnswerOrThrow<Answer>(
  transaction: Queryable,
  schema: string,
  claim: KeyClaim,
): Promise<Answer> {
  const stored = await findStored<Answer>(transaction, schema, claim)
  // The key expired between the two statements.
  if (stored === undefined) throw inProgress()
  return stored.answer
}

/** Undefined if the key is new or expired. Throws IDEMPOTENCY_KEY_REUSED when it came with another request. */
async function findStored<Answer>(
  sql: Queryable,
  schema: string,
  { owner, key, fingerprint }: KeyClaim,
): Promise<{ answer: Answer } | undefined> {
  const row = await findKey(sql, schema, owner, key)
  if (row === undefined) return undefined
  if (!row.fingerprint.equals(fingerprint)) throw new DailyfeedError('IDEMPOTENCY_KEY_REUSED')
  return { answer: JSON.parse(row.answer) as Answer }
}

const inProgress = (cause?: unknown) =>
  new DailyfeedError('IDEMPOTENCY_KEY_IN_PROGRESS', { retryAfterSeconds: 1, cause })

/** Leaves out the query of the address: a creation depends on path and body only. */
const fingerprintOf = ({ method, url }: FastifyRequest, body: string | Buffer): Buffer =>
  createHash('sha256')
    .update(`${method} ${url.split('?', 1)[0]?.replace(/\/$/, '')}\n`)
    .update(body)
    .digest()

function deleteOldKeysWhileListening(app: HttpServer, sql: Queryable, schema: string): void {
  const clean = () =>
    deleteOldKeys(sql, schema).catch((err) =>
      app.log.warn({ err }, 'expired idempotency keys not deleted; retried in 10 minutes'),
    )
  let cleaning: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    cleaning = setInterval(clean, CLEAN_EVERY_MILLISECONDS)
    cleaning.unref()
  })
  app.addHook('onClose', async () => clearInterval(cleaning))
}
