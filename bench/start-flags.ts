import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Those of V8 in `npm start`. */
export async function startFlags(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { scripts: { start: string } }
  return scripts.start.match(/--max-\S+/g) ?? []
}
