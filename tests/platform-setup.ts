import type { TestProject } from 'vitest/node'
import { startPlatformProcess } from './platform-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The gateway of the platform that the files of this run share. */
    platformUrl: string
    platformDataDir: string
  }
}

/** One platform for all black-box files of a run; a file that breaks things starts one of its own. */
export default async function setup(project: TestProject) {
  const platform = await startPlatformProcess()
  project.provide('platformUrl', platform.url)
  project.provide('platformDataDir', platform.dataDir)
  return async () => {
    await platform.stop()
  }
}
