import type { FastifyBaseLogger } from 'fastify'
import { catchUp } from './catch-up.service.ts'
import { prepareIndex } from './index-location.service.ts'
import type { Index } from './indexing.service.ts'

/** An engine that lost its disk is filled again without anybody's help. */
const LOOK_EVERY_MILLISECONDS = 15_000
/** Until it agreed once: at the start the engine may still be starting too. */
const RETRY_AFTER_MILLISECONDS = 2_000

/**
 * Makes the engine ready, if it answers: then it searches from the first request on. Behind that compares the index with
 * what content-svc holds now, and again whenever the engine turns out to have lost it.
 */
export async function superviseIndex(
  index: Index,
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
): Promise<{ stop: () => Promise<void> }> {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let hasAgreed = false

  async function look(): Promise<void> {
    try {
      const isLost = await prepareIndex(index)
      if (isLost || !hasAgreed)
        log.info(await catchUp(index), 'the index agrees with what content-svc holds')
      hasAgreed = true
    } catch (error) {
      if (!isStopped)
        log.warn({ err: error }, 'the index could not be compared with what content-svc holds')
    }
    if (isStopped) return
    timer = setTimeout(lookAgain, hasAgreed ? LOOK_EVERY_MILLISECONDS : RETRY_AFTER_MILLISECONDS)
    timer.unref()
  }

  // Why it could not be made ready, if so, is told by the look.
  await prepareIndex(index).catch(() => {})
  let looking = look()
  function lookAgain(): void {
    looking = look()
  }
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
