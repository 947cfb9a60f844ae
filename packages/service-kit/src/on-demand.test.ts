import { expect, it } from 'vitest'
import { OnDemand } from './on-demand.ts'

it('A value is made once for all who need it; if it cannot be made, the next call tries again', async () => {
  const outcomes = [Promise.reject(new Error('not yet')), Promise.resolve('made')]
  const value = new OnDemand(() => outcomes.shift() ?? Promise.resolve('made twice'))
  await expect(value.get()).rejects.toThrow('not yet')
  expect(await Promise.all([value.get(), value.get()])).toEqual(['made', 'made'])
})
