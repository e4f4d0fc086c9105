import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    // Generous, since machines differ in speed by three: a fault and its recovery take up to 90 s.
    testTimeout: 400_000,
    hookTimeout: 240_000,
    maxWorkers: 1,
  },
})
