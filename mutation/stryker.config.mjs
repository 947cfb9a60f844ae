import { name, target } from './targets.mjs'

export default {
  mutate: [...target.mutate, '!**/*.test.ts', '!**/testing/**'],
  testRunner: 'vitest',
  // Names the tests too: with `testFiles`, Stryker 10 does not change code that runs once, when a module is loaded.
  vitest: { configFile: 'mutation/vitest.config.mjs', pool: 'forks', related: false },
  // This file does not exist: Stryker would read a tsconfig by a JavaScript API that TypeScript 7 no longer has.
  tsconfigFile: 'tsconfig.none.json',
  tempDirName: '.stryker',
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { reportTests: false },
  jsonReporter: { fileName: `mutation/report-${name}.json` },
  thresholds: { high: 95, low: 95, break: 95 },
}
