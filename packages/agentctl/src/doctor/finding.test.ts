import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { type Check, examine } from './finding.ts'
import { trouble } from './problems.ts'
import { writeReport } from './report.ts'

const failing: Check = {
  name: 'ground',
  run: () => Promise.reject(trouble('NAME_NOT_RESOLVED', 'It has no address.')),
}
const passing = (name: string, needs: readonly string[] = []): Check => ({
  name,
  needs,
  run: async () => 'Good.',
})
const never: Check = { name: 'silent', run: () => new Promise(() => undefined) }
const broken: Check = { name: 'broken', run: async () => JSON.parse('') }

// biome-ignore format: table
const situations: readonly (readonly [what: string, checks: readonly Check[], limitMs?: number])[] = [
  ['a check whose ground failed is not made, and the others are', [failing, passing('upon it', ['ground']), passing('further up', ['upon it']), passing('other')]],
  ['a check that never ends is not waited for', [never, passing('upon it', ['silent']), passing('other')], 1],
  ['a check meets what it does not expect', [broken, passing('other')]],
]

it('The doctor reports each check by itself, and says once what to do', async () => {
  const sections: string[] = []
  for (const [what, checks, limitMs = 1_000] of situations) {
    const report = stripVTControlCharacters(writeReport(await examine(checks, { limitMs })))
    sections.push(`# ${what}\n\n${report}`)
  }
  await expect(sections.join('\n')).toMatchFileSnapshot('finding.txt')
})

it('The doctor makes its checks side by side, and reports them in the order of its list', async () => {
  const begun = Promise.withResolvers<string>()
  const second = async () => {
    begun.resolve('The second has begun.')
    return 'It comes later.'
  }
  const checks: readonly Check[] = [
    { name: 'first', run: () => begun.promise },
    { name: 'second', run: second },
  ]
  expect(await examine(checks)).toEqual([
    { check: 'first', status: 'PASS', detail: 'The second has begun.' },
    { check: 'second', status: 'PASS', detail: 'It comes later.' },
  ])
})

it('The doctor tells which checks have not ended yet', async () => {
  const told: (readonly string[])[] = []
  await examine([passing('first'), passing('then', ['first'])], { watch: open => told.push(open) })
  expect(told).toEqual([['first', 'then'], ['then'], []])
})
