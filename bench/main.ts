import { parseArgs } from 'node:util'
import { authBench } from './auth/auth.ts'
import { eventsBench } from './events/events.ts'
import { feedBench } from './feed/feed.ts'
import { type Figure, tableOf } from './figure.ts'
import { memoryBench } from './memory/memory.ts'
import { writeBench } from './write.ts'

interface Options {
  json: boolean
  minutes: number
  rate: number
}

/**
 * `npm run bench -- <name> [--json]`: each bench returns figures of one run; with --json one object a row. Without a name
 * all but `memory`, which takes the hour that it is given, or `--minutes`, at 100 requests a second, or `--rate`.
 */
const BENCHES: Record<string, (options: Options) => Promise<Figure[]>> = {
  feed: feedBench,
  events: eventsBench,
  auth: authBench,
  write: writeBench,
  memory: memoryBench,
}

const { names, options } = readArgsOrExit()
for (const name of names) {
  const figures = (await BENCHES[name]?.(options)) ?? []
  process.stdout.write(
    options.json
      ? figures.map((figure) => `${JSON.stringify(figure)}\n`).join('')
      : `\n${name}\n${tableOf(figures)}\n`,
  )
}

function readArgsOrExit(): { names: readonly string[]; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        rate: { type: 'string' },
      },
    })
    const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name))
    if (unknown !== undefined)
      throw new Error(
        `there is no bench '${unknown}'; there are: ${Object.keys(BENCHES).join(', ')}`,
      )
    if ((values.minutes ?? values.rate) !== undefined && !positionals.includes('memory'))
      throw new Error('--minutes and --rate are for the bench `memory` alone')
    const numberOf = (name: 'minutes' | 'rate', most: number, otherwise: number) => {
      const value = Number(values[name] ?? otherwise)
      if (!(value >= 1 && value <= most))
        throw new Error(`--${name} must be a number from 1 to ${most}, not '${values[name]}'`)
      return value
    }
    const names =
      positionals.length === 0
        ? Object.keys(BENCHES).filter((name) => name !== 'memory')
        : positionals
    return {
      names,
      options: {
        json: values.json,
        minutes: numberOf('minutes', 1_440, 60),
        rate: numberOf('rate', 1_000, 100),
      },
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  }
}
