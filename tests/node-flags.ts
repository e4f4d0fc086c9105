import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The same file that `npm start` and the image of a service read (`bin/node-flags.mjs`). */
const FILE = join(import.meta.dirname, '..', 'deploy', 'node-flags.json')

/** Returns the V8 flags of `npm start`. */
export const flagsOfStart = async (): Promise<string[]> => (await readFlags()).platform

/** Returns the V8 flags of a service's image. */
export const flagsOfImage = async (): Promise<string[]> => (await readFlags()).service

async function readFlags(): Promise<{ platform: string[]; service: string[] }> {
  return JSON.parse(await readFile(FILE, 'utf8'))
}
