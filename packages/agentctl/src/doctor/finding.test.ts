import { expect, it } from 'vitest'
import { type Check, examine } from './finding.ts'
import { trouble } from './problems.ts'

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

it('The doctor says of a check whose ground failed that it did not look, and makes the others', async () => {
  const checks = [
    failing,
    passing('upon it', ['ground']),
    passing('further up', ['upon it']),
    passing('other'),
  ]
  expect((await examine(checks)).map(({ check, status, detail }) => [check, status, detail])).toEqual([
    ['ground', 'FAIL', 'It has no address.'],
    ['upon it', 'WARN', 'Not looked at, because of “ground”.'],
    ['further up', 'WARN', 'Not looked at, because of “upon it”.'],
    ['other', 'PASS', 'Good.'],
  ])
})

it('The doctor does not wait for a check that never ends, and reports the others', async () => {
  const findings = await examine([never, passing('upon it', ['silent']), passing('other')], { limitMs: 1 })
  expect(findings.map(({ check, status, code }) => [check, status, code])).toEqual([
    ['silent', 'FAIL', 'NO_ANSWER'],
    ['upon it', 'WARN', 'NOT_CHECKED'],
    ['other', 'PASS', undefined],
  ])
})

it('The doctor reports a check that meets what it does not expect, and makes the others', async () => {
  const broken: Check = { name: 'broken', run: async () => JSON.parse('') }
  expect(await examine([broken, passing('other')])).toMatchObject([
    { status: 'FAIL', code: 'CHECK_FAILED', detail: expect.stringMatching(/^SyntaxError: .*JSON/) },
    { status: 'PASS' },
  ])
})

it('The doctor tells which checks have not ended yet', async () => {
  const told: (readonly string[])[] = []
  await examine([passing('first'), passing('then', ['first'])], { watch: open => told.push(open) })
  expect(told).toEqual([['first', 'then'], ['then'], []])
})
