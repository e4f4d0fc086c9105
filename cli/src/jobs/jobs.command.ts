import type { Command } from 'commander'
import { figuresText, print } from '../output.ts'
import { requestJob } from './jobs.ts'

export function addJobCommands(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('jobs')
    .description('batch jobs')
    .command('run <job>')
    .description('run a job now at the services that own its data')
    .option('--json', 'print JSON')
    .action(async (job: string, { json }: { json?: boolean }) => {
      const figures = await requestJob(env, job)
      print(json ? JSON.stringify({ job, figures }) : `${job} done${figuresText(figures)}`)
    })

  program
    .command('search')
    .description('the search index')
    .command('reindex')
    .description('build a new index beside the current one, then switch to it')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const figures = await requestJob(env, 'searchReindexJob')
      print(json ? JSON.stringify(figures) : `reindexed${figuresText(figures)}`)
    })
}
