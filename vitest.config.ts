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
    // Generous limits, which only end a test that hangs: machines differ in speed by a factor of
    // three, and other programs may use the processors too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // More than there may be cores: files wait for servers as often as they work.
    maxWorkers: 3,
  },
})
