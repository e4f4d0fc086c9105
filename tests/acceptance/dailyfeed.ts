import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Runs the command line as an operator does, against the platform whose data is in `dataDir`. */
export const dailyfeed = (args: string[], dataDir = inject('platformDataDir')): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['cli/src/main.ts', ...args],
      {
        cwd: ROOT,
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
          DATA_DIR: dataDir,
        },
      },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
  })
