import { delimiter, dirname } from 'node:path'
import { defineConfig } from 'vitest/config'
import { launcherOf } from './scripts/tools/tool.ts'
import { SkippedReporter } from './tests/support/skipped-reporter.ts'

const jsonReport = process.env['VITEST_JSON_REPORT']

export default defineConfig({
  test: {
    include: ['{packages,services,emulators,scripts,tests}/**/*.test.{ts,tsx}'],
    // What needs a cluster has a configuration of its own.
    exclude: ['**/node_modules/**', 'tests/cluster/**'],
    reporters: jsonReport
      ? ['default', ['json', { outputFile: jsonReport }], new SkippedReporter()]
      : ['default', new SkippedReporter()],
    // What `make tools` got.
    env: { PATH: [dirname(launcherOf('any')), process.env['PATH']].join(delimiter) },
    // They wait as much as they compute.
    maxWorkers: 6,
    // Modules are loaded once for each worker and not for each file, which halves the time. Workers are processes, since
    // threads share open sockets: what one thread spawns holds those of all others until it runs its own program, and
    // meanwhile a server that was stopped cannot start again at its port.
    pool: 'forks',
    isolate: false,
    // Many tests start processes; a busy machine makes them slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
    unstubEnvs: true,
  },
})
