import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/setup/database.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Nobody's zone and nobody's machine: a test that depends on either fails here first.
    env: { TZ: 'Pacific/Auckland', NODE_ENV: 'test' },
  },
})
