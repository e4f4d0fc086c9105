import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type RunningInstallation, runningFileOf } from '@dailyfeed/platform/running-file'

/** Printed as one line without a stack trace: what is wrong, and what to do. */
export class CommandError extends Error {
  override name = 'CommandError'
}

export const dataDirOf = (env: NodeJS.ProcessEnv) => resolve(env['DATA_DIR'] || '.dailyfeed')

/** The owner's database address: MIGRATION_DATABASE_URL, DATABASE_URL, or that of the installation running here. */
export async function ownerUrlOrThrow(env: NodeJS.ProcessEnv): Promise<string> {
  return (
    env['MIGRATION_DATABASE_URL'] ||
    env['DATABASE_URL'] ||
    (await runningInstallationOrThrow(env)).ownerUrl
  )
}

export async function runningInstallationOrThrow(
  env: NodeJS.ProcessEnv,
): Promise<RunningInstallation> {
  const dataDir = dataDirOf(env)
  try {
    return JSON.parse(await readFile(runningFileOf(dataDir), 'utf8')) as RunningInstallation
  } catch {
    throw new CommandError(
      `no dailyfeed runs in ${dataDir}; start it with npm start, or set DATA_DIR or DATABASE_URL`,
    )
  }
}
