/** The answer, or `otherwise` while Redis is away. */
export type TryRedis = <Answer>(ask: () => Promise<Answer>, otherwise: Answer) => Promise<Answer>

interface TryRedisOptions {
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
  /** What it means that Redis is away, for who reads the log. */
  consequence: string
  fields?: object
  /** How long Redis is left in peace after a failure; another one for tests. */
  restMilliseconds?: number | undefined
}

/** One that hangs has not answered by then; the client itself only gives up on what it could not send. */
const ANSWER_MILLISECONDS = 1_000
/** After a failure Redis is left in peace for so long: one that hangs would cost everybody a second. */
const REST_MILLISECONDS = 5_000

export function createTryRedis({
  log,
  consequence,
  fields = {},
  restMilliseconds = REST_MILLISECONDS,
}: TryRedisOptions): TryRedis {
  let restsUntil = 0
  return async (ask, otherwise) => {
    if (performance.now() < restsUntil) return otherwise
    try {
      const answer = await inTime(ask())
      if (restsUntil > 0) log.info(fields, 'Redis is there again')
      restsUntil = 0
      return answer
    } catch (error) {
      if (restsUntil === 0) log.warn({ ...fields, err: error }, `Redis is away; ${consequence}`)
      restsUntil = performance.now() + restMilliseconds
      return otherwise
    }
  }
}

async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${ANSWER_MILLISECONDS} ms`)),
      ANSWER_MILLISECONDS,
    )
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
