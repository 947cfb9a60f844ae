/**
 * The targets of mutation tests: which code is changed, and which tests have to notice. `make mutation` runs all targets;
 * MUTATION_TARGET selects one. For a package only its own tests are listed: other tests import it by name, unchanged.
 */
const targets = {
  tokens: {
    mutate: ['packages/tokens/src/**/*.ts'],
    tests: ['packages/tokens/src/**/*.test.ts'],
  },
  identity: {
    mutate: ['packages/identity/src/**/*.ts', '!packages/identity/src/downstream/**'],
    tests: ['packages/identity/src/**/*.test.ts', 'tests/{contract,weather}/{identity,agent}/*.test.ts'],
  },
  downstream: {
    mutate: ['packages/identity/src/downstream/**/*.ts'],
    tests: ['packages/identity/src/downstream/**/*.test.ts'],
  },
  approval: {
    mutate: ['packages/approval/src/**/*.ts'],
    tests: ['packages/approval/src/**/*.test.ts', 'tests/docs.test.ts'],
  },
}

export const name = process.env.MUTATION_TARGET ?? ''
export const target = targets[name]
if (!target) throw new Error(`MUTATION_TARGET must be one of ${Object.keys(targets).join(', ')}.`)
