import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    testTimeout: 150_000,
    hookTimeout: 90_000,
    maxWorkers: 1,
  },
})
