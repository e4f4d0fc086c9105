import type { TestProject } from 'vitest/node'
import { startPlatformProcess } from './platform-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the gateway of the platform that the files of this run share. */
    platformUrl: string
    platformDataDir: string
  }
}

/** Starts one platform for all acceptance tests of a run; tests that kill processes start their own. */
export default async function setup(project: TestProject) {
  const platform = await startPlatformProcess()
  project.provide('platformUrl', platform.url)
  project.provide('platformDataDir', platform.dataDir)
  return async () => {
    await platform.stop()
  }
}
