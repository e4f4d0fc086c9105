import autocannon from 'autocannon'

const CONNECTIONS = 16
const WARM_UP_SECONDS = 2
const SECONDS = 5

/** Closed loop over 16 connections, after a warm-up. Throws when an answer was not 2xx: a fast refusal is no figure. */
export async function requestsPerSecond(url: string, headers: Record<string, string>): Promise<number> {
  await autocannon({ url, headers, connections: CONNECTIONS, duration: WARM_UP_SECONDS })
  const result = await autocannon({ url, headers, connections: CONNECTIONS, duration: SECONDS })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`)
  return result.requests.average
}

/** How often `act` is done in a second, so many at once; it is told which of them it is. */
export async function actsPerSecond(act: (worker: number) => Promise<unknown>, atOnce: number, seconds: number): Promise<number> {
  const startedAt = performance.now()
  const end = startedAt + seconds * 1_000
  let done = 0
  await Promise.all(
    Array.from({ length: atOnce }, async (_, worker) => {
      while (performance.now() < end) {
        await act(worker)
        done += 1
      }
    }),
  )
  return (done * 1_000) / (performance.now() - startedAt)
}
