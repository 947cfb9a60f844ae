/**
 * Mutation tests: which code, by which of its tests. `make mutation` runs all targets, MUTATION_TARGET names one. A package is
 * tested by its own tests only: others import it by its name, and with it the code that was not changed.
 */
const targets = {
  token: {
    mutate: ['packages/entra-tokens/src/**/*.ts'],
    tests: ['packages/entra-tokens/src/**/*.test.ts'],
  },
  identity: {
    mutate: ['services/agent/src/identity/**/*.ts'],
    tests: ['services/agent/src/identity/**/*.test.ts', 'tests/contract/{identity,agent}/*.test.ts'],
  },
  downstream: {
    mutate: ['services/agent/src/downstream/**/*.ts', 'services/agent/src/tools/weather/client.ts'],
    tests: ['services/agent/src/downstream/**/*.test.ts', 'services/agent/src/tools/weather/client.test.ts'],
  },
}

export const name = process.env.MUTATION_TARGET ?? ''
export const target = targets[name]
if (!target) throw new Error(`MUTATION_TARGET must be one of ${Object.keys(targets).join(', ')}.`)
