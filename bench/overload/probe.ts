import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../percentile.ts'

const EVERY_MS = 100

interface Probed<Result> {
  result: Result
  probes: { failed: number; p99: number }
}

/** Requests an address every 100 ms while something else runs. */
export async function probeDuring<Result>(
  url: string,
  run: () => Promise<Result>,
): Promise<Probed<Result>> {
  const times: number[] = []
  let failed = 0
  let isOver = false
  const probe = async () => {
    const startedAt = performance.now()
    const { status } = await fetch(url)
    if (status === 200) times.push(performance.now() - startedAt)
    else failed += 1
  }
  const probing = (async () => {
    while (!isOver) {
      await probe()
      await sleep(EVERY_MS)
    }
  })()
  try {
    const result = await run()
    return { result, probes: { failed, p99: percentile(times, 99) } }
  } finally {
    isOver = true
    await probing
  }
}
