import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import { RUNNING, settle, type World } from './world.ts'

/** What a fault did. */
export interface FaultReport {
  id: string
  title: string
  acknowledged: number
  refused: number
  unanswered: number
  lost: number
  doubled: number
  /** Seconds from the end of the fault until nothing was on its way any more. */
  recovered: number
  /** Empty where all held. */
  failures: string[]
}

const RECOVERY_SECONDS = 90
/** Under load before a fault and after it: at 120 requests a second some dozens of writes each. */
const LOAD_AROUND_MILLISECONDS = 700
const SHOWN = 3

/** One fault under load, from before it to when all that was written has taken effect. What it leaves behind is added to `known`. */
export async function runFault(
  world: World,
  fault: Fault,
  known: Set<string> = new Set(),
): Promise<FaultReport> {
  const { ledger } = world.load
  const figures = () => ({
    acknowledged: ledger.times.length,
    refused: ledger.refused.length,
    unanswered: ledger.unanswered.size,
  })
  const before = figures()
  const failures: string[] = []
  world.load.start()
  await sleep(LOAD_AROUND_MILLISECONDS)
  try {
    await fault.run(world)
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error))
  }
  await sleep(LOAD_AROUND_MILLISECONDS)
  await world.load.stop()
  const { lost, doubled, seconds } = await settle(world, RECOVERY_SECONDS, known)
  for (const what of [...lost, ...doubled]) known.add(what)
  const after = figures()
  const refused = after.refused - before.refused
  const unanswered = after.unanswered - before.unanswered
  if (fault.refuses === undefined && refused + unanswered > 0)
    failures.push(
      `${refused} writes were refused and ${unanswered} not answered; the first: ${JSON.stringify(ledger.refused.at(before.refused))}`,
    )
  failures.push(...inShort(lost), ...inShort(doubled))
  return {
    id: fault.id,
    title: fault.title,
    acknowledged: after.acknowledged - before.acknowledged,
    refused,
    unanswered,
    lost: lost.length,
    doubled: doubled.length,
    recovered: seconds,
    failures,
  }
}

/** The first of each kind, and how many more there are: which kinds are missing says where they got stuck. */
function inShort(all: readonly string[]): string[] {
  const kinds = Map.groupBy(all, (what) => what.replaceAll(/###\S*|\d+/g, '…'))
  return [...kinds.values()].flatMap((of) => [
    ...of.slice(0, SHOWN),
    ...(of.length > SHOWN ? [`and ${of.length - SHOWN} more like it`] : []),
  ])
}

const LAST_WORDS = 3_000

/** The end of what each service logged: read where a fault did not hold. */
export const lastWordsOf = ({ services }: World): string =>
  RUNNING.map(
    (service) => `── ${service} said last\n${services.outputOf(service).slice(-LAST_WORDS)}`,
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
    ({ id, title, acknowledged, refused, unanswered, lost, doubled, recovered, failures }) => [
      id,
      String(acknowledged),
      String(refused),
      String(unanswered),
      String(lost),
      String(doubled),
      `${recovered.toFixed(1)} s`,
      failures.length === 0 ? title : `FAILED: ${title}`,
    ],
  )
  const all = [[...COLUMNS, 'what'], ...rows]
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
