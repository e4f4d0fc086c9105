import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the command line needs to reach a platform that runs on this machine: `running.json` in its DATA_DIR. */
export interface RunningInstallation {
  url: string
  ownerUrl: string
  /** By service. */
  urls: Record<string, string>
}

export const runningFileOf = (dataDir: string) => join(dataDir, 'running.json')

/** Readable by its owner alone: it names the database with its password. Returns what takes it away again. */
export async function announce(
  dataDir: string,
  installation: RunningInstallation,
): Promise<() => Promise<void>> {
  const path = runningFileOf(dataDir)
  await writeFile(path, JSON.stringify(installation, null, 2), { mode: 0o600 })
  return () => rm(path, { force: true })
}
