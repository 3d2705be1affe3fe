import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // As Node resolves: without this our files get the CommonJS copy of graphql, and yoga the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts'],
    tags: [
      { name: 'fault', description: 'breaks something on purpose; « npm run faults » plays it again at other moments' },
    ],
    globalSetup: ['tests/setup/database.ts'],
    setupFiles: ['tests/setup/days.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Nobody's zone and nobody's machine: a test that depends on either fails here first.
    env: { TZ: 'Pacific/Auckland', NODE_ENV: 'test' },
  },
})
