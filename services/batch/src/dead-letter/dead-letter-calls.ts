import { randomUUID } from 'node:crypto'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import type { AdminContext } from '../context.ts'
import { type Kind, KINDS, type StoreName, STORES_BY_KIND } from './dead-letter-stores.ts'

type CallContext = Pick<AdminContext, 'owners' | 'log'>

interface StoreCall {
  kind: Kind
  service: StoreName
  /** Below the path of the kind's store. */
  path: string
  body: object
}

interface StoreAnswer<Data> {
  kind: Kind
  service: StoreName
  data: Data
}

/** Calls one store. Throws DEAD_LETTER_NOT_FOUND, or SERVICE_UNAVAILABLE when it cannot be reached. */
export async function callStore<Data>(context: CallContext, call: StoreCall): Promise<Data> {
  try {
    return await post<Data>(context, call)
  } catch (error) {
    if (error instanceof ServiceRefusedError && error.code === 'DEAD_LETTER_NOT_FOUND')
      throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    warn(context, call.service, error)
    throw new DailyfeedError('SERVICE_UNAVAILABLE')
  }
}

/** Calls every store that `selection` leaves, in parallel. A store that cannot be reached is named in `unavailable`. */
export async function callAllStores<Data>(
  context: CallContext,
  path: string,
  body: object,
  selection: { kind?: Kind | undefined; service?: StoreName | undefined } = {},
): Promise<{ answers: StoreAnswer<Data>[]; unavailable: string[] }> {
  const stores = KINDS.flatMap((kind) =>
    STORES_BY_KIND[kind].services.map((service) => ({ kind, service })),
  ).filter(
    ({ kind, service }) =>
      (selection.kind ?? kind) === kind && (selection.service ?? service) === service,
  )
  const answers: StoreAnswer<Data>[] = []
  const unavailable = new Set<string>()
  await Promise.all(
    stores.map(async (store) => {
      try {
        answers.push({ ...store, data: await post<Data>(context, { ...store, path, body }) })
      } catch (error) {
        warn(context, store.service, error)
        unavailable.add(store.service)
      }
    }),
  )
  return { answers, unavailable: [...unavailable].sort() }
}

/** Reads are posted too. With a key they may be repeated, so that a list is complete although a store restarts. */
const READS = new Set(['/groups', '/find'])

const post = async <Data>(
  { owners }: CallContext,
  { kind, service, path, body }: StoreCall,
): Promise<Data> => {
  const options = READS.has(path) ? { idempotencyKey: randomUUID() } : {}
  const answer = await owners
    .of(service)
    .post<{ data: Data }>(`${STORES_BY_KIND[kind].path}${path}`, body, options)
  return answer.data
}

const warn = ({ log }: CallContext, service: string, error: unknown) =>
  log.warn(
    { service, reason: error instanceof Error ? error.message : String(error) },
    'dead letters of a service could not be read; the answer leaves them out',
  )
