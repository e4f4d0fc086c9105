import type { DegradationEnvironment } from './environment.ts'
import type { Mode } from './parts.ts'
import { PROBES, type ProbeName, type ProbeOutcome, type Probes } from './probes.ts'
import type { DegradationRow } from './rows.ts'

export interface DegradationReport {
  part: string
  mode: Mode
  /** Requests that were refused, each with its answer. */
  noticed: Map<ProbeName, string>
  /** The slowest answer in milliseconds of the requests that may fail, and of all others. */
  slowestRefused: number
  slowestOther: number
  /** Milliseconds from the end of the fault until every request was answered as before. */
  healedAfter: number
  /** One sentence for each request that broke the promise. */
  problems: string[]
}

/** Enough rounds that circuits open and cooldowns end while the part is still missing. */
const ROUNDS = 4

export async function degrade(
  { parts }: DegradationEnvironment,
  probes: Probes,
  row: DegradationRow,
  mode: Mode,
  roundCount = ROUNDS,
): Promise<DegradationReport> {
  const part = parts.get(row.part)
  if (part === undefined) throw new Error(`there is no part '${row.part}'`)
  const rounds: Map<ProbeName, ProbeOutcome>[] = []
  await part.breakDown(mode)
  try {
    for (let n = 0; n < roundCount; n += 1) rounds.push(await probes.sendAll())
  } finally {
    await part.mend(mode)
  }
  const healedAfter = await probes.untilNormal()
  return { part: row.part, mode, healedAfter, ...summaryOf(rounds, row) }
}

function summaryOf(rounds: readonly Map<ProbeName, ProbeOutcome>[], { mayFail }: DegradationRow) {
  const noticed = new Map<ProbeName, string>()
  const problems: string[] = []
  let [slowestRefused, slowestOther] = [0, 0]
  for (const [round, outcomes] of rounds.entries())
    for (const name of PROBES) {
      const outcome = outcomes.get(name)
      if (outcome === undefined) continue
      const { kind, answer, milliseconds } = outcome
      const isAllowed = mayFail.includes(name)
      if (isAllowed) slowestRefused = Math.max(slowestRefused, milliseconds)
      else slowestOther = Math.max(slowestOther, milliseconds)
      if (kind !== 'NORMAL') noticed.set(name, answer)
      if (kind === 'WRONG' || (kind === 'REFUSED' && !isAllowed))
        problems.push(`round ${round + 1}: ${name}: ${answer} after ${Math.round(milliseconds)} ms`)
    }
  return { noticed, problems, slowestRefused, slowestOther }
}
