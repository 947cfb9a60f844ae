import { delimiter, dirname, join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { launcherOf } from './scripts/tools/tool.ts'
import { SkippedReporter } from './tests/support/skipped-reporter.ts'

const [major] = process.versions.node.split('.')
if (major !== '24' && process.env['ANY_NODE'] !== 'true')
  throw new Error(
    `The tests need Node 24, which npm ci puts into node_modules; this is ${process.versions.node}. Run them by npm test or npx vitest (or, to try this Node all the same, with ANY_NODE=true).`,
  )

// Workers, and the processes that tests start, share what they compiled, so that each module is compiled once.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

const areLongRun = process.env['LONG_TESTS'] === 'true'
const jsonReport = process.env['VITEST_JSON_REPORT']

export default defineConfig({
  test: {
    include: ['{packages,services,emulators,evals,scripts,tests}/**/*.test.{ts,tsx}'],
    // Tests that need a cluster have a configuration of their own. What other tests check once, `*.long.test.ts` files
    // check at length: in hundreds of turns, for all failures, or by following whole guides.
    exclude: ['**/node_modules/**', 'tests/cluster/**', ...(areLongRun ? [] : ['**/*.long.test.ts'])],
    reporters: jsonReport
      ? ['default', ['json', { outputFile: jsonReport }], new SkippedReporter()]
      : ['default', new SkippedReporter()],
    // The PATH begins with the tools that `make tools` made launchers for.
    env: { PATH: [dirname(launcherOf('any')), process.env['PATH']].join(delimiter) },
    // Two more than the cores of a small machine, since tests mostly wait. Each worker loads all modules itself, and long
    // tests start many processes beside it.
    maxWorkers: areLongRun ? 3 : 4,
    // Modules are loaded once for each worker and not for each file, which halves the time. Workers are processes, since
    // threads share open sockets: a process that one thread spawns holds the sockets of all threads until it runs its own
    // program, and meanwhile a server that was stopped cannot start again at its port.
    pool: 'forks',
    isolate: false,
    // Many tests start processes; a busy machine makes them slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
    unstubEnvs: true,
    setupFiles: ['tests/support/unstub-envs.ts'],
  },
})
