/**
 * Mutation tests: which code, by which of its tests. `make mutation` runs all targets, MUTATION_TARGET names one.
 * The command runner, since the runner for Vitest does not know its present version.
 */
const targets = {
  token: {
    mutate: ['packages/entra-tokens/src/**/*.ts'],
    tests: [
      ['caller', 'checks', 'bearer-token', 'token-header', 'decode-token'].map(
        name => `packages/entra-tokens/src/${name}.test.ts`,
      ),
      ['packages/entra-tokens'],
      ['tests/contract/weather-api/log.test.ts', 'tests/contract/mcp-server/metadata.test.ts'],
    ],
  },
  identity: {
    mutate: ['services/agent/src/identity/**/*.ts'],
    tests: [['services/agent/src/identity'], ['tests/contract/identity', 'tests/contract/agent']],
  },
  downstream: {
    mutate: ['services/agent/src/downstream/**/*.ts', 'services/agent/src/tools/weather/client.ts'],
    tests: [
      ['services/agent/src/downstream', 'services/agent/src/tools/weather/client.test.ts'],
      ['tests/contract/agent', 'tests/contract/mcp-client'],
    ],
  },
}

const name = process.env.MUTATION_TARGET ?? ''
const target = targets[name]
if (!target) throw new Error(`MUTATION_TARGET must be one of ${Object.keys(targets).join(', ')}.`)

export default {
  mutate: [...target.mutate, '!**/*.test.ts', '!**/testing/**'],
  testRunner: 'command',
  commandRunner: {
    // The quick tests first: the slow ones run only for mutants that survive those.
    command: target.tests
      .map(tests => `node_modules/.bin/vitest run ${tests.join(' ')} --bail 1 --maxWorkers=1`)
      .join(' && '),
  },
  // TypeScript 7 has no JavaScript API, so there is nothing to be read from a tsconfig.
  tsconfigFile: 'tsconfig.none.json',
  tempDirName: '.stryker',
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: `mutation/report-${name}.json` },
  thresholds: { high: 95, low: 95, break: 95 },
}
