import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * `npm run test:feeds -- --seed 7 --minutes 10`: random histories of posts, follows, blocks and whatever else changes a
 * feed, each read compared with what SQL says. The ordinary tests run some hundreds of them, these as many as there is
 * time for.
 */
const root = join(import.meta.dirname, '..', '..')
const PROPERTIES = [
  'services/timeline/src/following/following.test.ts',
  'services/timeline/src/feed-cache/feed-cache.test.ts',
  'services/timeline/src/fan-out/fan-out.test.ts',
]
const TITLES = 'a cursor walk equals the SQL truth|every read is what SQL says'

function optionsOrExit(): { seed: number; minutes: number } {
  try {
    const { values } = parseArgs({
      options: { seed: { type: 'string' }, minutes: { type: 'string', default: '5' } },
    })
    const [seed, minutes] = [Number(values.seed ?? Date.now() % 2 ** 31), Number(values.minutes)]
    if (Number.isSafeInteger(seed) && minutes > 0 && minutes <= 1_440) return { seed, minutes }
  } catch {}
  process.stderr.write(
    'give --seed and a whole number, --minutes and a number up to 1440, or nothing\n',
  )
  process.exit(1)
}

const { seed, minutes } = optionsOrExit()
process.stdout.write(
  `histories from seed ${seed} for ${minutes} minutes; the same seed makes the same ones\n`,
)
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', '.bin', 'vitest'), 'run', '-t', TITLES, ...PROPERTIES],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FEED_SEED: String(seed), FEED_MINUTES: String(minutes) },
  },
)
process.exit(status ?? 1)
