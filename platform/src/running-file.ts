import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'

/** How the command line reaches a platform on this machine: the content of `running.json` in its DATA_DIR. */
export interface RunningInstallation {
  url: string
  ownerUrl: string
  /** Addresses by service. */
  urls: Record<string, string>
}

export const runningFileOf = (dataDir: string) => join(dataDir, 'running.json')

/** Writes the file, readable by its owner only, since it contains the database password. */
export const writeRunningFile = (dataDir: string, installation: RunningInstallation): void =>
  replaceFileDurably(runningFileOf(dataDir), JSON.stringify(installation, null, 2))

/** Called at a stop, and at a start, since a platform may have been killed. */
export const removeRunningFile = (dataDir: string): void =>
  rmSync(runningFileOf(dataDir), { force: true })
