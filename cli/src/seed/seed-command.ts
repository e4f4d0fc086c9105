import { ownerUrlOrThrow } from '../installation.ts'
import { requestJob } from '../jobs.ts'
import { progressBars } from '../progress-bar.ts'
import { type SeedSize, seed } from './seed.ts'

interface SeedOptions extends SeedSize {
  index: boolean
  json?: boolean
}

export async function runSeed(
  env: NodeJS.ProcessEnv,
  { index, json, ...size }: SeedOptions,
  say: (line: string) => void,
): Promise<void> {
  const bars = progressBars()
  const report = await seed(await ownerUrlOrThrow(env), size, bars.update).finally(bars.stop)
  if (!json)
    say(
      `${report.members} members, ${report.follows} follows and ${report.posts} posts in ${report.seconds.toFixed(1)} s (${report.postsPerSecond.toLocaleString('en')} posts/s)`,
    )
  const indexed = index ? await requestJob(env, 'searchReindexJob') : undefined
  if (json) say(JSON.stringify({ ...report, indexed: indexed ?? null }))
  else if (indexed !== undefined) say('the search index holds them too')
}
