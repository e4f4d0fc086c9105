import { ACTIVITY_TYPES, type ActivityType } from '@dailyfeed/contract/event-registry'
import type { Command } from 'commander'
import { day, oneOf } from '../arguments.ts'
import { print } from '../output.ts'
import { deleteDay, hasFailed, listDays, replayDay } from './topics.ts'
import { daysText, replayText } from './topics.text.ts'

interface DayOptions {
  /** yyyyMMdd */
  date: string
  dryRun?: boolean
  json?: boolean
}

export function addTopicCommands(program: Command, env: NodeJS.ProcessEnv): void {
  const topics = program.command('topics').description('the Kafka topics, one for each day')

  topics
    .command('list')
    .description('list the days with their records and the lag of each consumer group')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await listDays(env)
      print(json ? JSON.stringify(found) : daysText(found))
    })

  topics
    .command('replay')
    .description(
      'run the events of a day through the handlers again; events that already took effect change nothing',
    )
    .requiredOption('--date <day>', 'yyyyMMdd', day)
    .option('--type <type>', 'only events of this type', oneOf(ACTIVITY_TYPES))
    .option('--dry-run', 'only report what would change')
    .option('--json', 'print JSON')
    .action(async ({ date, type, dryRun = false, json }: DayOptions & { type?: ActivityType }) => {
      const report = await replayDay(env, { day: date, type, isDryRun: dryRun })
      print(json ? JSON.stringify(report) : replayText(report, dryRun))
      if (hasFailed(report)) process.exitCode = 1
    })

  topics
    .command('delete')
    .description('delete the topic of a day that every consumer group has read to its end')
    .requiredOption('--date <day>', 'yyyyMMdd', day)
    .option('--dry-run', 'only report whether it can be deleted')
    .option('--json', 'print JSON')
    .action(async ({ date, dryRun = false, json }: DayOptions) => {
      const deletion = await deleteDay(env, date, dryRun)
      const text =
        deletion.outcome === 'NOT_THERE'
          ? `there is no topic of ${date}`
          : `the topic of ${date} ${dryRun ? 'can be deleted' : 'is deleted'}`
      print(json ? JSON.stringify(deletion) : text)
    })
}
