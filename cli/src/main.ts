#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { requestJob } from './jobs.ts'
import { CommandError, ownerUrlOrThrow } from './installation.ts'
import { grantAdmin } from './members.ts'
import { migrateAll } from './migrate.ts'
import { runSeed } from './seed/seed-command.ts'

const say = (line: string) => void process.stdout.write(`${line}\n`)

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < least || number > most) throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}.`)
  return number
}

const program = new Command('dailyfeed')
  .description('Operates a dailyfeed installation: the one running in DATA_DIR (default .dailyfeed), or the database of DATABASE_URL.')
  .showHelpAfterError('(dailyfeed --help lists the commands)')
  .configureOutput({ outputError: (text, write) => write(text) })

program
  .command('migrate')
  .description('make or update every schema; needs MIGRATION_DATABASE_URL or DATABASE_URL of the owner, or a running installation')
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
  .option('--follows <n>', 'follows to make (at most 1,000 a member)', wholeNumber(0, 1_000_000_000), 200_000)
  .option('--seed <n>', 'the same seed makes the same data', wholeNumber(0, 4_294_967_295), 1)
  .option('--no-index', 'leave the search index as it is')
  .option('--json', 'print JSON')
  .action((options) => runSeed(process.env, options, say))

program
  .command('members')
  .description('members of this installation')
  .command('grant-admin')
  .description('make a member an administrator')
  .requiredOption('--handle <handle>', 'whose')
  .option('--json', 'print JSON')
  .action(async ({ handle, json }: { handle: string; json?: boolean }) => {
    const member = await grantAdmin(await ownerUrlOrThrow(process.env), handle)
    say(json ? JSON.stringify(member) : `@${member.handle} is an administrator now`)
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
  process.stderr.write(`dailyfeed: ${isOurs ? error.message : `failed: ${error instanceof Error ? error.message : error}`}\n`)
  process.exitCode = 1
}
