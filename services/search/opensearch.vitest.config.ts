import { defineConfig } from 'vitest/config'

/** The tests of searching and indexing once more, with OpenSearch as the engine, and its own. */
export default defineConfig({
  test: {
    include: ['services/search/src/{post-search,comment-search,indexing,engine}/*.test.ts'],
    // It examines statements of PostgreSQL.
    exclude: ['services/search/src/post-search/search-cost.test.ts'],
    globalSetup: ['tests/database-cluster.ts', 'tests/opensearch-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
