import type { TestProject } from 'vitest/node'
import { startTestOpenSearch } from './opensearch.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the OpenSearch of this run; undefined where PostgreSQL searches. */
    openSearchUrl: string | undefined
  }
}

export default async function setup(project: TestProject) {
  const openSearch = await startTestOpenSearch()
  project.provide('openSearchUrl', openSearch.url)
  return () => openSearch.stop()
}
