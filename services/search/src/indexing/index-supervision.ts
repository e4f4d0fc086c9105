import type { Log } from '@dailyfeed/http-server/log'
import { catchUp } from './catch-up.service.ts'
import { prepareIndex } from './index-location.service.ts'
import type { Index } from './index-content.ts'

/** Within this time an engine that lost its disk is detected and filled again. */
const CHECK_EVERY_MS = 15_000
/** Until the first check succeeds: the engine may be starting too. */
const RETRY_AFTER_MS = 2_000

/**
 * Prepares the engine if it answers, so that it serves searches from the first request on. Then
 * compares the index with the content of content-svc in the background, and again whenever the
 * engine has lost its documents.
 */
export async function superviseIndex(
  index: Index,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<{ stop: () => Promise<void> }> {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let isComplete = false

  async function check(): Promise<void> {
    try {
      const isLost = await prepareIndex(index)
      if (isLost || !isComplete)
        log.info(await catchUp(index), 'the index is up to date with content-svc')
      isComplete = true
    } catch (error) {
      if (!isStopped)
        log.warn({ err: error }, 'the index could not be compared with content-svc; retrying')
    }
    if (isStopped) return
    timer = setTimeout(startCheck, isComplete ? CHECK_EVERY_MS : RETRY_AFTER_MS)
    timer.unref()
  }

  // The first check reports the error, if there is one.
  await prepareIndex(index).catch(() => {})
  let checking = check()
  function startCheck(): void {
    checking = check()
  }
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await checking
    },
  }
}
