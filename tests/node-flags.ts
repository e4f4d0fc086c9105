import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const FLAG = /--(?:max|initial|no)-[\w-]+(?:=\d+)?/g

/** Those of V8 in `npm start`. */
export async function flagsOfStart(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  return flagsIn(scripts.start)
}

/** Those of V8 in the image of a service. */
export async function flagsOfImage(): Promise<string[]> {
  const dockerfile = await readFile(join(ROOT, 'deploy', 'Dockerfile'), 'utf8')
  return flagsIn(/^CMD .*main\.ts.*$/m.exec(dockerfile)?.[0] ?? '')
}

/** Throws where there are none: then it was looked for in the wrong place. */
function flagsIn(command: string): string[] {
  const flags = command.match(FLAG)
  if (flags === null) throw new Error(`no flags of V8 in '${command}'`)
  return flags
}
