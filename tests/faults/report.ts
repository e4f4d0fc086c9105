import { type FaultEnvironment, FAULT_SERVICES } from './environment.ts'
import type { Fault } from './fault.ts'
import { awaitWrites, awaitEffects } from './effects.ts'

/** The effects of one fault. */
export interface FaultReport {
  id: string
  title: string
  acknowledged: number
  refused: number
  unanswered: number
  lost: number
  doubled: number
  /** Seconds from the end of the fault until no event was in transit any more. */
  recoverySeconds: number
  /** Empty where every check passed. */
  failures: string[]
}

const RECOVERY_SECONDS = 90
/** Acknowledged writes under load before a fault and after it. */
const WRITES_AROUND = 50
const MAX_PER_KIND = 3

/**
 * Runs one fault under load, and waits until everything written has taken effect. The violations
 * that it caused are added to `known`, so that the next fault is not blamed for them.
 */
export async function runFault(
  environment: FaultEnvironment,
  fault: Fault,
  known: Set<string> = new Set(),
): Promise<FaultReport> {
  const { ledger } = environment.load
  const count = () => ({
    acknowledged: ledger.latencies.length,
    refused: ledger.refused.length,
    unanswered: ledger.unanswered.size,
  })
  const before = count()
  const failures: string[] = []
  environment.load.start()
  try {
    await awaitWrites(environment, WRITES_AROUND)
    await fault.run(environment)
    environment.load.start()
    await awaitWrites(environment, WRITES_AROUND)
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error))
  }
  await environment.load.stop()
  const { lost, doubled, seconds } = await awaitEffects(environment, RECOVERY_SECONDS, known)
  for (const violation of [...lost, ...doubled]) known.add(violation)
  const after = count()
  const refused = after.refused - before.refused
  const unanswered = after.unanswered - before.unanswered
  if (fault.expectedRefusals === undefined && refused + unanswered > 0)
    failures.push(
      `${refused} writes were refused and ${unanswered} not answered; ` +
        `the first refused: ${JSON.stringify(ledger.refused.at(before.refused))}`,
    )
  failures.push(...summarise(lost), ...summarise(doubled))
  return {
    id: fault.id,
    title: fault.title,
    acknowledged: after.acknowledged - before.acknowledged,
    refused,
    unanswered,
    lost: lost.length,
    doubled: doubled.length,
    recoverySeconds: seconds,
    failures,
  }
}

/** The first violations of each kind, and how many more there are. */
function summarise(violations: readonly string[]): string[] {
  const kinds = Map.groupBy(violations, (violation) => violation.replaceAll(/###\S*|\d+/g, '…'))
  return [...kinds.values()].flatMap((ofKind) => [
    ...ofKind.slice(0, MAX_PER_KIND),
    ...(ofKind.length > MAX_PER_KIND ? [`and ${ofKind.length - MAX_PER_KIND} more like it`] : []),
  ])
}

const LAST_OUTPUT_CHARACTERS = 3_000

/** The end of each service's log, which helps to explain a failure. */
export const lastOutputOf = ({ services }: FaultEnvironment): string =>
  FAULT_SERVICES.map(
    (service) =>
      `── last output of ${service}\n${services.outputOf(service).slice(-LAST_OUTPUT_CHARACTERS)}`,
  ).join('\n')

const COLUMNS = [
  'fault',
  'acknowledged',
  'refused',
  'unanswered',
  'lost',
  'doubled',
  'recovered',
] as const

export function tableOf(reports: readonly FaultReport[]): string {
  const rows = reports.map(
    ({
      id,
      title,
      acknowledged,
      refused,
      unanswered,
      lost,
      doubled,
      recoverySeconds,
      failures,
    }) => [
      id,
      String(acknowledged),
      String(refused),
      String(unanswered),
      String(lost),
      String(doubled),
      `${recoverySeconds.toFixed(1)} s`,
      failures.length === 0 ? title : `FAILED: ${title}`,
    ],
  )
  const all = [[...COLUMNS, 'title'], ...rows]
  const widths =
    all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === row.length - 1
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
