import type { TestProject } from 'vitest/node'
import { startTestOpenSearch } from './opensearch.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the OpenSearch that the files of this run share; undefined where PostgreSQL searches. */
    openSearchUrl: string | undefined
  }
}

export default async function setup(project: TestProject) {
  const openSearch = await startTestOpenSearch()
  project.provide('openSearchUrl', openSearch.url)
  return () => openSearch.stop()
}
