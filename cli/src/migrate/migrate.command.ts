import type { Command } from 'commander'
import { print } from '../output.ts'
import { migrateAll } from './migrate.ts'

export function addMigrateCommand(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('migrate')
    .description(
      'create or update every schema; needs MIGRATION_DATABASE_URL or DATABASE_URL of the owner, or a running installation',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const ran = await migrateAll(env)
      if (json) print(JSON.stringify({ ran }))
      else print(ran.length === 0 ? 'every schema is up to date' : `ran ${ran.join(', ')}`)
    })
}
