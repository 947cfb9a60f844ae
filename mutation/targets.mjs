/**
 * The targets of mutation tests: which code is changed, and which tests have to notice. `make mutation` runs all targets;
 * MUTATION_TARGET selects one. For a package only its own tests are listed: other tests import it by name, unchanged.
 */
const targets = {
  token: {
    mutate: ['packages/tokens/src/**/*.ts'],
    tests: ['packages/tokens/src/**/*.test.ts'],
  },
  identity: {
    mutate: ['packages/identity/src/**/*.ts'],
    tests: [
      'packages/identity/src/**/*.test.ts',
      'packages/identity/src/downstream/token-steps.test.ts',
      'tests/contract/{identity,agent}/*.test.ts',
    ],
  },
  downstream: {
    mutate: ['packages/identity/src/downstream/**/*.ts', 'services/agent/src/tools/weather/client.ts'],
    tests: [
      'packages/identity/src/downstream/**/*.test.ts',
      'services/agent/src/tools/weather/client.test.ts',
    ],
  },
}

export const name = process.env.MUTATION_TARGET ?? ''
export const target = targets[name]
if (!target) throw new Error(`MUTATION_TARGET must be one of ${Object.keys(targets).join(', ')}.`)
