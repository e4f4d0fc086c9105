#!/usr/bin/env node
import { Command } from 'commander'
import { addDeadLetterCommands } from './dead-letters/dead-letters.command.ts'
import { CommandError } from './installation.ts'
import { addJobCommands } from './jobs/jobs.command.ts'
import { addMemberCommands } from './members/members.command.ts'
import { addMigrateCommand } from './migrate/migrate.command.ts'
import { printError } from './output.ts'
import { addSeedCommand } from './seed/seed.command.ts'
import { addTopicCommands } from './topics/topics.command.ts'

const program = new Command('dailyfeed')
  .description(
    'Operates a dailyfeed installation: the one running in DATA_DIR (default .dailyfeed), or the database of DATABASE_URL.',
  )
  .showHelpAfterError('(dailyfeed --help lists the commands)')
  .configureOutput({ outputError: (text, write) => write(text) })

addMigrateCommand(program, process.env)
addSeedCommand(program, process.env)
addMemberCommands(program, process.env)
addJobCommands(program, process.env)
addDeadLetterCommands(program, process.env)
addTopicCommands(program, process.env)

try {
  await program.parseAsync()
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  printError(error instanceof CommandError ? reason : `failed: ${reason}`)
  process.exitCode = 1
}
