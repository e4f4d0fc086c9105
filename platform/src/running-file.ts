import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How the command line reaches a platform on this machine: the content of `running.json` in its DATA_DIR. */
export interface RunningInstallation {
  url: string
  ownerUrl: string
  /** Addresses by service. */
  urls: Record<string, string>
}

export const runningFileOf = (dataDir: string) => join(dataDir, 'running.json')

/** Writes the file, readable by its owner only, since it contains the database password. Returns a function that removes it. */
export async function writeRunningFile(
  dataDir: string,
  installation: RunningInstallation,
): Promise<() => Promise<void>> {
  const path = runningFileOf(dataDir)
  await writeFile(path, JSON.stringify(installation, null, 2), { mode: 0o600 })
  return () => rm(path, { force: true })
}
