import { defineConfig } from 'vitest/config'

const jsonReport = process.env['VITEST_JSON_REPORT']

export default defineConfig({
  test: {
    include: ['{packages,services,emulators,scripts,tests}/**/*.test.{ts,tsx}'],
    // What needs a cluster has a configuration of its own.
    exclude: ['**/node_modules/**', 'tests/cluster/**'],
    reporters: jsonReport ? ['default', ['json', { outputFile: jsonReport }]] : ['default'],
    // They wait as much as they compute.
    maxWorkers: 3,
    // Modules are loaded once for each worker and not for each file, which halves the time.
    pool: 'threads',
    isolate: false,
    // Many tests start processes; a busy machine makes them slow, not wrong.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
})
