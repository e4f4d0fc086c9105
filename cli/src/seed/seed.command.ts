import type { Command } from 'commander'
import { wholeNumber } from '../arguments.ts'
import { ownerUrlOrThrow } from '../installation.ts'
import { requestJob } from '../jobs/jobs.ts'
import { print } from '../output.ts'
import { progressBars } from '../progress-bars.ts'
import { type SeedSize, seed } from './seed.ts'

interface SeedOptions extends SeedSize {
  index: boolean
  json?: boolean
}

export function addSeedCommand(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('seed')
    .description('load members, follows and Korean and English posts, to try everything at size')
    .option('--members <n>', 'members to create', wholeNumber(2, 10_000_000), 10_000)
    .option('--posts <n>', 'posts to create', wholeNumber(0, 100_000_000), 100_000)
    .option(
      '--follows <n>',
      'follows to create (at most 1,000 a member)',
      wholeNumber(0, 1_000_000_000),
      200_000,
    )
    .option('--seed <n>', 'the same seed creates the same data', wholeNumber(0, 4_294_967_295), 1)
    .option('--no-index', 'leave the search index as it is')
    .option('--json', 'print JSON')
    .action((options: SeedOptions) => runSeed(env, options))
}

async function runSeed(
  env: NodeJS.ProcessEnv,
  { index, json, ...size }: SeedOptions,
): Promise<void> {
  const bars = progressBars()
  const report = await seed(await ownerUrlOrThrow(env), size, bars.update).finally(bars.stop)
  if (!json)
    print(
      `${report.members} members, ${report.follows} follows and ${report.posts} posts in ${report.seconds.toFixed(1)} s (${report.postsPerSecond.toLocaleString('en')} posts/s)`,
    )
  const indexed = index ? await requestJob(env, 'searchReindexJob') : undefined
  if (json) print(JSON.stringify({ ...report, indexed: indexed ?? null }))
  else if (indexed !== undefined) print('the search index contains them')
}
