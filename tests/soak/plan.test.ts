import { describe, expect, it } from 'vitest'
import type { Fault } from './faults.ts'
import { planFaults, randomNumbers } from './plan.ts'

const inject = async () => undefined
const ending = ['pod', 'rollout'].map((name): Fault => ({ name, endsProcesses: true, right: {}, inject }))
const others = ['entra', 'bedrock', 'names'].map((name): Fault => ({ name, right: {}, inject }))
const faults = [...ending, ...others]

function firstFaults(count: number, { seed, elapsed }: { seed: number; elapsed: number }): string[] {
  const plan = planFaults(faults, randomNumbers(seed), () => elapsed)
  return Array.from({ length: count }, () => plan.next().value.name)
}

describe('the plan', () => {
  it('is determined by the seed', () => {
    const orders = [1, 1, 2, 3, 4].map(seed => firstFaults(12, { seed, elapsed: 0.6 }).join(' '))
    expect(orders[0]).toBe(orders[1])
    expect(new Set(orders).size).toBeGreaterThan(2)
  })

  it('has every fault once before any repeats', () => {
    const order = firstFaults(6, { seed: 7, elapsed: 0.9 })
    const names = others.map(({ name }) => name).sort()
    expect(order.slice(0, 3).sort()).toEqual(names)
    expect(order.slice(3).sort()).toEqual(names)
  })

  it('ends processes in the first half of the run only', () => {
    const names = ending.map(({ name }) => name)
    expect(firstFaults(4, { seed: 1, elapsed: 0.49 }).every(name => names.includes(name))).toBe(true)
    expect(firstFaults(4, { seed: 1, elapsed: 0.5 }).some(name => names.includes(name))).toBe(false)
  })
})
