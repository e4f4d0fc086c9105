import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{modules,services,platform,cli,bench,tests,web}/**/*.test.ts'],
    // Those of OpenSearch run where there is one: services/search/opensearch.vitest.config.ts.
    exclude: [
      '**/node_modules/**',
      'tests/{acceptance,browser,faults}/**',
      'services/search/src/engine/opensearch-*.test.ts',
    ],
    globalSetup: ['tests/database-cluster.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // More than there may be cores: files wait for servers as often as they work.
    maxWorkers: 3,
  },
})
