import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * `npm run test:feeds -- --seed 7 --minutes 10`: random histories of posts, follows, blocks and
 * everything else that changes a feed; each read is compared with the result of plain SQL. The
 * tests of `npm test` run some hundreds of histories, this run as many as fit into its minutes.
 */
const ROOT = join(import.meta.dirname, '..', '..')
/** Test files with random histories import their parameters from a file of this name. */
const IMPORTS_HISTORIES = /from '[./\w-]*\/histories[.-]fixture\.ts'/

function optionsOrExit(): { seed: number; minutes: number } {
  try {
    const { values } = parseArgs({
      options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' } },
    })
    const [seed, minutes] = [Number(values.seed ?? Date.now() % 2 ** 31), Number(values.minutes)]
    if (Number.isSafeInteger(seed) && minutes > 0 && minutes <= 1_440) return { seed, minutes }
  } catch {}
  process.stderr.write(
    '--seed must be a whole number, --minutes a number up to 1440; both are optional\n',
  )
  process.exit(1)
}

const testFiles = globSync('services/timeline/src/**/*.test.ts', { cwd: ROOT }).filter((path) =>
  IMPORTS_HISTORIES.test(readFileSync(join(ROOT, path), 'utf8')),
)
if (testFiles.length === 0) throw new Error('no test file imports the parameters of histories')
const { seed, minutes } = optionsOrExit()
process.stdout.write(
  `random histories from seed ${seed} for ${minutes} minutes; a seed always yields the same ones\n`,
)
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules', '.bin', 'vitest'), 'run', ...testFiles],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, FEED_SEED: String(seed), FEED_MINUTES: String(minutes) },
  },
)
process.exit(status ?? 1)
