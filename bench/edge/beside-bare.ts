import type { Page } from '../fixed-response-server.ts'
import { interleaved } from '../load.ts'
import { atLeastRatio, type Measurement } from '../measurement.ts'
import { startBareServer } from './bare-server.ts'
import { warmUp, type WrkTarget, wrkRate } from './wrk.ts'

const ROUNDS = 11

export interface ComparedTarget extends WrkTarget {
  name: string
  /** The minimum, as a fraction of the rate of the bare server. */
  minRatio: number
}

/** Runs wrk on each target and on a bare server that sends the same bytes, in turns of a second. */
export async function compareWithBare(
  targets: readonly ComparedTarget[],
  page: Page,
): Promise<Measurement[]> {
  const bare = await startBareServer(page)
  try {
    const ceiling: WrkTarget = { url: bare.line }
    for (const target of [ceiling, ...targets]) await warmUp(target)
    const rates = await interleaved<string>(ROUNDS, {
      bare: () => wrkRate(ceiling),
      ...Object.fromEntries(targets.map((target) => [target.name, () => wrkRate(target)])),
    })
    return targets.map(({ name, minRatio }) =>
      atLeastRatio(
        `${name}, of a bare server`,
        rates[name] ?? Number.NaN,
        rates['bare'] ?? Number.NaN,
        'requests/s',
        minRatio,
      ),
    )
  } finally {
    await bare.stop()
  }
}
