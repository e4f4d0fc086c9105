import type { DeadLetter, DeadLetterGroup } from '@dailyfeed/batch/dead-letter/dead-letter.schemas'
import type { Outcome } from './dead-letters.ts'

const MAX_MESSAGE_CHARACTERS = 90

export const groupsText = (groups: readonly DeadLetterGroup[]): string =>
  groups.length === 0 ? 'no dead letters' : groups.map(groupText).join('\n')

function groupText(group: DeadLetterGroup): string {
  const { kind, service, step, status, count, fingerprint, message } = group
  const place = kind === 'LISTENER' ? `${service}, ${step}` : `${service} ${step}`
  return [
    `${fingerprint}  ${String(count).padStart(7)}  ${place}, ${status}`,
    `    ${message.slice(0, MAX_MESSAGE_CHARACTERS)}`,
    `    from ${group.firstAt} to ${group.lastAt}, the latest is ${group.latestId}`,
  ].join('\n')
}

export const letterText = ({ payload, stack, headers, ...fields }: DeadLetter): string =>
  [
    ...Object.entries(fields)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `${name.padEnd(12)}  ${value}`),
    ...(headers === null || Object.keys(headers).length === 0
      ? []
      : [`headers       ${JSON.stringify(headers)}`]),
    `payload       ${payload}`,
    ...(stack === null ? [] : [stack]),
  ].join('\n')

export function outcomeText(outcome: Outcome): string {
  const parts = [resultText(outcome)]
  if ((outcome.remaining ?? 0) > 0)
    parts.push(`${outcome.remaining} left: another replay has claimed them; try again in a minute`)
  if (outcome.unavailable.length > 0)
    parts.push(`not included, since they do not answer: ${outcome.unavailable.join(', ')}`)
  return parts.join('; ')
}

function resultText({ outcome, replayed, failedAgain, archived }: Outcome): string {
  if (outcome === 'NOTHING_TO_DO' || outcome === 'NOT_OPEN')
    return 'nothing to do: none of them is open'
  if (replayed !== undefined) return `${replayed} replayed, ${failedAgain} failed again`
  if (archived !== undefined) return `${archived} archived`
  return TEXT_BY_OUTCOME[outcome] ?? outcome
}

const TEXT_BY_OUTCOME: Record<string, string> = {
  REPLAYED: 'replayed: it took effect',
  FAILED_AGAIN: 'it failed again; dailyfeed dead-letters show prints the error',
  IN_PROGRESS: 'another replay has claimed it',
  SENT_AGAIN: 'queued for delivery again',
  ARCHIVED: 'archived',
}
