import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { expect, it } from 'vitest'
import { readTokenPrices } from './token-prices.ts'

const readFrom = (prices: string) => readEnvironment({ BEDROCK_PRICES: prices }, readTokenPrices)

it('Prices are read by the type of token, and nobody has to give any', () => {
  const prices = { input: 0.1, cache_read: 0.01, cache_write: 0.125, output: 0.5 }
  expect(readFrom('input=0.10, cache_read=0.01, cache_write=0.125, output=0.5')).toEqual(prices)
  expect(readFrom('')).toBe(undefined)
})

it.each([
  ['no number', 'input=cheap,cache_read=0,cache_write=0,output=0'],
  ['negative', 'input=-1,cache_read=0,cache_write=0,output=0'],
  ['endless', 'input=1e999,cache_read=0,cache_write=0,output=0'],
  ['missing', 'input=0.1,output=0.5'],
  ['given twice', 'input=0.1,cache_read=0,cache_write=0,output=0,output=1'],
  ['that of a type that there is not', '__proto__=1,cache_read=0,cache_write=0,output=0'],
])('A price that is %s is a fault of the configuration', (_what, prices) => {
  const [fault, ...others] = findFaults(() => readFrom(prices))
  expect(fault).toContain('BEDROCK_PRICES must')
  expect(others).toEqual([])
})
