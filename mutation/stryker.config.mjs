/**
 * What is mutated, and the tests that must notice. `make mutation` runs every area, `make mutation AREAS=weather-token`
 * one. A new area is a new entry here; its name goes into the Makefile.
 */
const areas = {
  'weather-token': {
    mutate: ['services/weather-api/src/token/*.ts'],
    tests: [
      'tests/contract/weather-api/bad-tokens.test.ts',
      'tests/contract/weather-api/good-tokens.test.ts',
      'tests/contract/weather-api/log.test.ts',
      'tests/contract/weather-api/passed-checks.test.ts',
      'tests/contract/weather-api/requests.test.ts',
      'tests/contract/weather-api/signing-keys.test.ts',
    ],
  },
}

const name = process.env.AREA ?? ''
const area = areas[name]
if (!area) throw new Error(`AREA must be one of ${Object.keys(areas).join(', ')}.`)

export default {
  mutate: area.mutate.concat('!**/*.test.ts'),
  // The Vitest runner of Stryker 10 kills nothing with Vitest 5.
  testRunner: 'command',
  commandRunner: {
    command: `node_modules/.bin/vitest run --bail=1 --maxWorkers=1 --no-isolate --reporter=dot ${area.tests.join(' ')}`,
  },
  // TypeScript 7 has no JavaScript API by which Stryker could rewrite a tsconfig.json.
  tsconfigFile: 'mutation/no-tsconfig.json',
  ignorePatterns: ['docs', 'bench', 'charts', 'k8s', '**/dist'],
  concurrency: 1,
  timeoutMS: 30_000,
  incremental: true,
  incrementalFile: `mutation/reports/${name}.json`,
  reporters: ['clear-text', 'progress-append-only', 'html'],
  htmlReporter: { fileName: `mutation/reports/${name}.html` },
  clearTextReporter: { allowColor: false, logTests: false },
  thresholds: { high: 98, low: 95, break: 95 },
}
