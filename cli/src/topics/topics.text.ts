import type { Topic } from '@dailyfeed/batch/topic/topic.schemas'
import type { ReplayReport } from './replay-report.ts'

export const daysText = (topics: readonly Topic[]): string =>
  topics.length === 0 ? 'no topics' : topics.map(dayText).join('\n')

function dayText({ day, records, lags, deletion }: Topic): string {
  const state = TEXT_BY_DELETION[deletion] ?? deletion
  return `${day}  ${String(records).padStart(9)} records  ${state}  ${lagsText(lags) || 'read to the end by all'}`
}

const TEXT_BY_DELETION: Record<string, string> = {
  POSSIBLE: 'can be deleted',
  UNREAD: 'not read yet  ',
  IN_USE: 'in use        ',
}

/** Consumer groups that have records to read; empty when none has. */
export const lagsText = (lags: Record<string, number>): string =>
  Object.entries(lags)
    .filter(([, lag]) => lag > 0)
    .map(([group, lag]) => `${group} (${lag} records to read)`)
    .join(', ')

export const replayText = ({ services }: ReplayReport, isDryRun: boolean): string =>
  Object.entries(services)
    .map(([name, report]) => {
      if ('error' in report) return `${name.padEnd(8)}  failed: ${report.error}`
      const { records, changed, deadLettered } = report
      return isDryRun
        ? `${name.padEnd(8)}  ${records} records, ${changed} would change something, ${deadLettered} not valid`
        : `${name.padEnd(8)}  ${records} records, ${changed} changed something, ${deadLettered} became dead letters`
    })
    .join('\n')
