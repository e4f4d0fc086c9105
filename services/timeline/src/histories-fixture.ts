/** Parameters of fast-check. */
interface HistoryParameters {
  numRuns: number
  seed?: number
  interruptAfterTimeLimit?: number
}

interface Histories {
  parameters: HistoryParameters
  /** Milliseconds. */
  timeout: number
}

const DEFAULT_RUNS = 300

/** How many random histories test a property: some hundreds, or as many as fit into the time of `npm run test:feeds`. */
export const histories: Histories = chooseHistories()

function chooseHistories(): Histories {
  const [seed, minutes] = [process.env['FEED_SEED'], Number(process.env['FEED_MINUTES'])]
  if (seed === undefined) return { parameters: { numRuns: DEFAULT_RUNS }, timeout: 240_000 }
  const milliseconds = minutes * 60_000
  return {
    parameters: {
      seed: Number(seed),
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: milliseconds,
    },
    timeout: milliseconds + 120_000,
  }
}
