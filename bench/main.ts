import { inspect, parseArgs } from 'node:util'
import { authBench } from './auth/auth.ts'
import { edgeBench } from './edge/edge.ts'
import { eventsBench } from './events/events.ts'
import { feedBench } from './feed/feed.ts'
import { type Measurement, tableOf } from './measurement.ts'
import { memoryBench } from './memory/memory.ts'
import { overloadBench } from './overload/overload.ts'
import { writeBench } from './write.ts'

interface Options {
  json: boolean
  minutes: number
  rate: number
}

/**
 * `npm run bench -- <name> [--json]` prints the measurements of one run as a table, or with `--json`
 * as one object per line. Without a name it runs every bench except `memory`, which takes an hour
 * (or `--minutes`) at 100 requests a second (or `--rate`).
 */
const BENCHES: Record<string, (options: Options) => Promise<Measurement[]>> = {
  feed: feedBench,
  events: eventsBench,
  auth: authBench,
  edge: edgeBench,
  overload: overloadBench,
  write: writeBench,
  memory: memoryBench,
}

const { names, options } = readArgsOrExit()
for (const name of names) {
  try {
    const measurements = (await BENCHES[name]?.(options)) ?? []
    process.stdout.write(
      options.json
        ? measurements.map((measurement) => `${JSON.stringify(measurement)}\n`).join('')
        : `\n${name}\n${tableOf(measurements)}\n`,
    )
  } catch (error) {
    process.stderr.write(`the bench ${name} failed: ${inspect(error)}\n`)
    process.exit(1)
  }
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
      throw new Error('--minutes and --rate are options of the bench `memory` only')
    const numberOf = (name: 'minutes' | 'rate', max: number, byDefault: number) => {
      const value = Number(values[name] ?? byDefault)
      if (!(value >= 1 && value <= max))
        throw new Error(`--${name} must be a number from 1 to ${max}, not '${values[name]}'`)
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
