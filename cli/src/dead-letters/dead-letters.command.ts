import {
  type Kind,
  KINDS,
  STORES,
  type StoreName,
} from '@dailyfeed/batch/dead-letter/dead-letter-stores'
import type { Command } from 'commander'
import { oneOf } from '../arguments.ts'
import { CommandError } from '../installation.ts'
import { print, printError } from '../output.ts'
import {
  archiveDeadLetters,
  checkIdOrThrow,
  listDeadLetters,
  replayDeadLetters,
  showDeadLetter,
  type Target,
} from './dead-letters.ts'
import { groupsText, letterText, outcomeText } from './dead-letters.text.ts'

interface ListOptions {
  kind?: Kind
  service?: StoreName
  json?: boolean
}

const CHANGE_COMMANDS = [
  {
    name: 'replay',
    description: 'replay one dead letter, or all of one cause',
    work: replayDeadLetters,
  },
  {
    name: 'archive',
    description: 'archive one dead letter, or all of one cause',
    work: archiveDeadLetters,
  },
] as const

export function addDeadLetterCommands(program: Command, env: NodeJS.ProcessEnv): void {
  const deadLetters = program
    .command('dead-letters')
    .description('events that a listener could not handle, or that could not be delivered')

  deadLetters
    .command('list')
    .description('list the dead letters of every service by cause')
    .option('--kind <kind>', 'only LISTENER or PUBLISHER', oneOf(KINDS))
    .option('--service <service>', 'only those of this service', oneOf(STORES))
    .option('--json', 'print JSON')
    .action(async ({ kind, service, json }: ListOptions) => {
      const found = await listDeadLetters(env, { kind, service })
      print(json ? JSON.stringify(found) : groupsText(found.groups))
      if (found.unavailable.length === 0) return
      printError(`not included, since they do not answer: ${found.unavailable.join(', ')}`)
      process.exitCode = 1
    })

  deadLetters
    .command('show <id>')
    .description('show one dead letter in full')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      checkIdOrThrow(id)
      const letter = await showDeadLetter(env, id)
      print(json ? JSON.stringify(letter) : letterText(letter))
    })

  for (const { name, description, work } of CHANGE_COMMANDS)
    deadLetters
      .command(`${name} [id]`)
      .description(description)
      .option('--fingerprint <fingerprint>', 'all dead letters of this cause')
      .option('--json', 'print JSON')
      .action(
        async (
          id: string | undefined,
          { fingerprint, json }: { fingerprint?: string; json?: boolean },
        ) => {
          const outcome = await work(env, targetOrThrow(name, id, fingerprint))
          print(json ? JSON.stringify(outcome) : outcomeText(outcome))
          const hasFailed = outcome.outcome === 'FAILED_AGAIN' || (outcome.failedAgain ?? 0) > 0
          if (hasFailed || outcome.unavailable.length > 0) process.exitCode = 1
        },
      )
}

function targetOrThrow(
  command: string,
  id: string | undefined,
  fingerprint: string | undefined,
): Target {
  if (id !== undefined && fingerprint === undefined) {
    checkIdOrThrow(id)
    return { id }
  }
  if (id === undefined && fingerprint !== undefined) return { fingerprint }
  throw new CommandError(
    `give the id of a dead letter, or --fingerprint: dailyfeed dead-letters ${command} content-12`,
  )
}
