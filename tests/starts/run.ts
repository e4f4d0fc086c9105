import { isDeepStrictEqual, parseArgs } from 'node:util'
import { EXPECTED_DEMO_DATA } from './expected-demo-data.ts'
import { interruptStarts } from './interrupted-starts.ts'

/**
 * `npm run test:starts -- --seed 7 --runs 5 --interruptions 8`: first starts that are interrupted at
 * random moments, each followed by a complete start, which must have the demo data exactly once.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '5' },
    interruptions: { type: 'string', default: '8' },
  },
})

let failed = 0
for (let run = 0; run < Number(values.runs); run += 1) {
  const seed = Number(values.seed) + run
  say(`seed ${seed}`)
  const { problems, counts, loginStatus } = await interruptStarts({
    seed,
    interruptions: Number(values.interruptions),
    onInterruption: (line) => say(`  ${line}`),
  })
  if (!isDeepStrictEqual({ ...counts }, EXPECTED_DEMO_DATA))
    problems.push(`the database has ${JSON.stringify(counts)}`)
  if (loginStatus !== 200) problems.push(`the demo login answered ${loginStatus}`)
  for (const problem of problems) say(`  PROBLEM ${problem}`)
  if (problems.length === 0) say('  complete, with the demo data once')
  failed += problems.length
}
process.exitCode = failed === 0 ? 0 : 1
