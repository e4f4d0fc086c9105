import { authBench } from './auth/auth.ts'
import { eventsBench } from './events/events.ts'
import { feedBench } from './feed.ts'
import { type Figure, tableOf } from './figure.ts'
import { writeBench } from './write.ts'

/** `npm run bench -- <name> [--json]`: each bench returns figures of one run; with --json one object a row. */
const BENCHES: Record<string, () => Promise<Figure[]>> = { feed: feedBench, events: eventsBench, auth: authBench, write: writeBench }

const args = process.argv.slice(2)
const isJson = args.includes('--json')
const asked = args.filter((arg) => !arg.startsWith('--'))
const unknown = asked.find((name) => !Object.hasOwn(BENCHES, name))
if (unknown !== undefined) {
  process.stderr.write(`there is no bench '${unknown}'; there are: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(1)
}

for (const name of asked.length === 0 ? Object.keys(BENCHES) : asked) {
  const figures = (await BENCHES[name]?.()) ?? []
  process.stdout.write(isJson ? figures.map((figure) => `${JSON.stringify(figure)}\n`).join('') : `\n${name}\n${tableOf(figures)}\n`)
}
