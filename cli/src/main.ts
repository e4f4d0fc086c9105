#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { isTopicDay } from '@dailyfeed/kafka-support/dated-topic'
import { ACTIVITY_TYPES, type ActivityType } from '@dailyfeed/contract/event-registry'
import {
  type KeeperName,
  KEEPING,
  type Kind,
  KINDS,
} from '@dailyfeed/batch/dead-letter/dead-letter-owners'
import {
  type Asked,
  archiveDeadLetters,
  checkId,
  describeDone,
  describeGroups,
  describeLetter,
  listDeadLetters,
  replayDeadLetters,
  showDeadLetter,
} from './dead-letters.ts'
import { requestJob } from './jobs.ts'
import { CommandError, ownerUrlOrThrow } from './installation.ts'
import { listAudit, setRole } from './members.ts'
import { migrateAll } from './migrate.ts'
import { runSeed } from './seed/seed-command.ts'
import {
  type DayOptions,
  deleteTopic,
  describeReplay,
  describeTopics,
  hasFailed,
  listTopics,
  replayTopic,
} from './topics.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}.`)
  return number
}

/** As it is typed: yyyyMMdd, or with dashes. */
const day = (text: string) => {
  const plain = text.replaceAll('-', '')
  if (!isTopicDay(plain)) throw new InvalidArgumentError('must be a day, such as 20261120.')
  return plain
}

const oneOf =
  <Value extends string>(values: readonly Value[]) =>
  (text: string): Value => {
    const value = values.find((one) => one.toUpperCase() === text.toUpperCase())
    if (value === undefined) throw new InvalidArgumentError(`must be one of ${values.join(', ')}.`)
    return value
  }

const program = new Command('dailyfeed')
  .description(
    'Operates a dailyfeed installation: the one running in DATA_DIR (default .dailyfeed), or the database of DATABASE_URL.',
  )
  .showHelpAfterError('(dailyfeed --help lists the commands)')
  .configureOutput({ outputError: (text, write) => write(text) })

program
  .command('migrate')
  .description(
    'make or update every schema; needs MIGRATION_DATABASE_URL or DATABASE_URL of the owner, or a running installation',
  )
  .option('--json', 'print JSON')
  .action(async (options: { json?: boolean }) => {
    const ran = await migrateAll(process.env)
    if (options.json) say(JSON.stringify({ ran }))
    else say(ran.length === 0 ? 'every schema is up to date' : `ran ${ran.join(', ')}`)
  })

program
  .command('seed')
  .description('load a power-law graph with Korean and English posts, to try everything at size')
  .option('--members <n>', 'members to make', wholeNumber(2, 10_000_000), 10_000)
  .option('--posts <n>', 'posts to make', wholeNumber(0, 100_000_000), 100_000)
  .option(
    '--follows <n>',
    'follows to make (at most 1,000 a member)',
    wholeNumber(0, 1_000_000_000),
    200_000,
  )
  .option('--seed <n>', 'the same seed makes the same data', wholeNumber(0, 4_294_967_295), 1)
  .option('--no-index', 'leave the search index as it is')
  .option('--json', 'print JSON')
  .action((options) => runSeed(process.env, options, say))

const members = program.command('members').description('members of this installation')

for (const [command, role, purpose, done] of [
  ['grant-admin', 'ADMIN', 'make a member an administrator', 'an administrator'],
  [
    'revoke-admin',
    'MEMBER',
    'make an administrator an ordinary member again',
    'an ordinary member',
  ],
] as const) {
  members
    .command(command)
    .description(purpose)
    .requiredOption('--handle <handle>', 'whose')
    .option('--json', 'print JSON')
    .action(async ({ handle, json }: { handle: string; json?: boolean }) => {
      const member = await setRole(await ownerUrlOrThrow(process.env), handle, role)
      say(json ? JSON.stringify(member) : `@${member.handle} is ${done} now`)
    })
}

members
  .command('audit')
  .description('what happened to an account, newest first')
  .requiredOption('--handle <handle>', 'whose')
  .option('--limit <n>', 'entries at most', wholeNumber(1, 10_000), 50)
  .option('--json', 'print JSON')
  .action(async ({ handle, limit, json }: { handle: string; limit: number; json?: boolean }) => {
    const entries = await listAudit(await ownerUrlOrThrow(process.env), handle, limit)
    if (json) say(JSON.stringify(entries))
    else
      for (const { occurredAt, type, address, userAgent } of entries)
        say(`${occurredAt}  ${type.padEnd(22)}${address ?? '-'}  ${userAgent ?? '-'}`)
  })

program
  .command('jobs')
  .description('batch jobs')
  .command('run <job>')
  .description('ask the owning service to run a job now')
  .option('--json', 'print JSON')
  .action(async (job: string, { json }: { json?: boolean }) => {
    const figures = await requestJob(process.env, job)
    say(
      json
        ? JSON.stringify({ job, figures })
        : `${job} done${Object.entries(figures)
            .map(([name, value]) => `, ${name} ${value}`)
            .join('')}`,
    )
  })

const deadLetters = program
  .command('dead-letters')
  .description('events that failed: at a listener, or on their way')

deadLetters
  .command('list')
  .description('dead letters of every service, grouped by cause')
  .option('--kind <kind>', 'LISTENER or PUBLISHER alone', oneOf(KINDS))
  .option('--service <service>', 'of this service alone', oneOf(KEEPING))
  .option('--json', 'print JSON')
  .action(
    async ({ kind, service, json }: { kind?: Kind; service?: KeeperName; json?: boolean }) => {
      const found = await listDeadLetters(process.env, { kind, service })
      say(json ? JSON.stringify(found) : describeGroups(found.groups))
      if (found.unavailable.length > 0) {
        process.stderr.write(
          `dailyfeed: not asked, since they do not answer: ${found.unavailable.join(', ')}\n`,
        )
        process.exitCode = 1
      }
    },
  )

deadLetters
  .command('show <id>')
  .description('one dead letter, whole')
  .option('--json', 'print JSON')
  .action(async (id: string, { json }: { json?: boolean }) => {
    checkId(id)
    const letter = await showDeadLetter(process.env, id)
    say(json ? JSON.stringify(letter) : describeLetter(letter))
  })

for (const [name, description, work] of [
  ['replay', 'try one again, or all of one cause', replayDeadLetters],
  ['archive', 'put one away, or all of one cause', archiveDeadLetters],
] as const)
  deadLetters
    .command(`${name} [id]`)
    .description(description)
    .option('--fingerprint <fingerprint>', 'all of this cause')
    .option('--json', 'print JSON')
    .action(
      async (
        id: string | undefined,
        { fingerprint, json }: { fingerprint?: string; json?: boolean },
      ) => {
        if ((id === undefined) === (fingerprint === undefined))
          throw new CommandError(
            `give the id of a dead letter, or --fingerprint: dailyfeed dead-letters ${name} content-12`,
          )
        if (id !== undefined) checkId(id)
        const done = await work(process.env, { id, fingerprint } as Asked)
        say(json ? JSON.stringify(done) : describeDone(done))
        if (
          done.unavailable.length > 0 ||
          done.outcome === 'FAILED_AGAIN' ||
          (done.failedAgain ?? 0) > 0
        )
          process.exitCode = 1
      },
    )

const topics = program.command('topics').description('the topics of Kafka, one for each day')

topics
  .command('list')
  .description('days, their records, and who has still to read them')
  .option('--json', 'print JSON')
  .action(async ({ json }: { json?: boolean }) => {
    const found = await listTopics(process.env)
    say(json ? JSON.stringify(found) : describeTopics(found))
  })

topics
  .command('replay')
  .description(
    'run the events of a day through the handlers again: what took effect before changes nothing',
  )
  .requiredOption('--date <day>', 'yyyyMMdd', day)
  .option('--type <type>', 'events of this type alone', oneOf(ACTIVITY_TYPES))
  .option('--dry-run', 'only say what would change')
  .option('--json', 'print JSON')
  .action(async ({ json, ...options }: DayOptions & { type?: ActivityType; json?: boolean }) => {
    const report = await replayTopic(process.env, options)
    say(json ? JSON.stringify(report) : describeReplay(report, options.dryRun ?? false))
    if (hasFailed(report)) process.exitCode = 1
  })

topics
  .command('delete')
  .description('delete the topic of a day that every group has read to its end')
  .requiredOption('--date <day>', 'yyyyMMdd', day)
  .option('--dry-run', 'only say whether it could go')
  .option('--json', 'print JSON')
  .action(async ({ json, ...options }: DayOptions & { json?: boolean }) => {
    const deletion = await deleteTopic(process.env, options)
    const said =
      deletion.outcome === 'NOT_THERE'
        ? `there is no topic of ${options.date}`
        : `the topic of ${options.date} ${options.dryRun ? 'could go' : 'is deleted'}`
    say(json ? JSON.stringify(deletion) : said)
  })

program
  .command('search')
  .description('the search index')
  .command('reindex')
  .description('build the index anew beside the old one, and swap it in')
  .option('--json', 'print JSON')
  .action(async ({ json }: { json?: boolean }) => {
    const figures = await requestJob(process.env, 'searchReindexJob')
    say(
      json
        ? JSON.stringify(figures)
        : `reindexed${Object.entries(figures)
            .map(([name, value]) => `, ${name} ${value}`)
            .join('')}`,
    )
  })

try {
  await program.parseAsync()
} catch (error) {
  const isOurs = error instanceof CommandError
  process.stderr.write(
    `dailyfeed: ${isOurs ? error.message : `failed: ${error instanceof Error ? error.message : error}`}\n`,
  )
  process.exitCode = 1
}
