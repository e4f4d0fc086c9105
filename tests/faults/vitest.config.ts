import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    // A fault and its recovery may take 90 s, and machines differ in speed by a factor of three.
    testTimeout: 400_000,
    hookTimeout: 240_000,
    maxWorkers: 1,
  },
})
