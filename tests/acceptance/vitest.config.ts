import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/acceptance/**/*.test.ts'],
    globalSetup: ['tests/platform-setup.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // The limit for a condition is generous, since machines differ in speed by a factor of three.
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
})
