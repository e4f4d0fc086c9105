import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seed } from '@dailyfeed/cli/seed/seed'
import { startOwnDatabase } from '@dailyfeed/tests/own-database'
import { connectExplaining, type Plan } from './plans/explain.ts'
import { hotQueries } from './plans/queries.ts'
import { createReader, FOLLOWINGS, insertCountersAndComments } from './plans/rows.ts'
import { summaryOf, tablesReadAsAWhole } from './plans/summary.ts'

/**
 * `npm run bench:plans`: EXPLAIN (ANALYZE, BUFFERS) of every hot query over 1,000,000 posts, by the
 * statements that the services send. Writes a summary to docs/query-plans.md, and the full plans to
 * bench/results/query-plans.txt. The exit code is 1 where a query reads a whole table.
 */
const SIZE = { members: 20_000, posts: 1_000_000, follows: 400_000, seed: 1 }
const PAGE = join(import.meta.dirname, '..', 'docs', 'query-plans.md')
const RESULTS = join(import.meta.dirname, 'results')

const say = (line: string) => void process.stdout.write(`${line}\n`)

const database = await startOwnDatabase()
const { sql, explain } = connectExplaining(database.ownerUrl)
try {
  say(`loading ${SIZE.posts.toLocaleString('en')} posts…`)
  await seed(database.ownerUrl, SIZE, () => {})
  const reader = await createReader(sql)
  say('inserting counters and comments…')
  await insertCountersAndComments(sql, reader)
  const plans = await explain(await hotQueries(sql, reader))
  await writeFile(PAGE, pageOf(plans))
  await mkdir(RESULTS, { recursive: true })
  await writeFile(join(RESULTS, 'query-plans.txt'), fullTextOf(plans))
  say(`${plans.length} plans in docs/query-plans.md and bench/results/query-plans.txt`)
  for (const { name, text } of plans)
    for (const table of tablesReadAsAWhole(text)) {
      say(`${name}: reads the whole table ${table}`)
      process.exitCode = 1
    }
} finally {
  await sql.end({ timeout: 1 })
  await database.stop()
}

function pageOf(plans: readonly Plan[]): string {
  const { posts, members, follows } = SIZE
  const [p, m, f] = [posts, members, follows].map((count) => count.toLocaleString('en'))
  const introduction = [
    `The nodes of the plan of every hot query over ${p} posts, ${m} members and ${f} follows;`,
    `the reader follows ${FOLLOWINGS} members.`,
    'Nodes stand in the order in which PostgreSQL prints them, with the names of indexes.',
    'Written by `npm run bench:plans`, which fails where a query reads a whole table,',
    'and which writes the full plans with costs and times to `bench/results/query-plans.txt`.',
  ]
  return `# Query plans

${introduction.join(' ')}

| Query | Plan |
|---|---|
${plans.map(({ name, text }) => `| ${name} | ${summaryOf(text)} |`).join('\n')}
`
}

function fullTextOf(plans: readonly Plan[]): string {
  return plans.map(({ name, text }) => `── ${name}\n${text}\n`).join('\n')
}
