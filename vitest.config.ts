import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{modules,services,platform,cli,bench,tests}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'tests/{acceptance,browser,faults}/**'],
    globalSetup: ['tests/database-cluster.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
