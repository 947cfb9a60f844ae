import { describe, expect, it } from 'vitest'
import { DeniedTokens } from '../../../packages/entra-tokens/src/deny-list/denied-tokens.ts'
import { acceptedFromMs, allowAgents, denyAgents, type Row } from './rows.ts'

const [agent, sibling] = [
  'bbbbbbbb-0000-4000-8000-00000000000b',
  'bbbbbbbb-0000-4000-8000-0000000000bb',
] as const
const noon = Date.parse('2026-11-28T12:00:00Z')
const minute = 60_000

/** Whether a token that Entra issued at this time passes. */
function passes(rows: readonly Row[], issuedMs: number, caller: string = agent): boolean {
  const identity = {
    flow: 'autonomous',
    caller,
    objectId: caller,
    tenantId: '',
    blueprintAppId: undefined,
    tokenId: 'a',
  } as const
  return !DeniedTokens.parse(JSON.stringify(rows)).find(identity, issuedMs / 1_000 - 300)
}

describe('an agent that is switched off', () => {
  const denied = denyAgents([], [agent], noon)

  it('has no token that passes, while other agents’ tokens pass', () => {
    expect([noon - minute, noon + minute].map(ms => passes(denied, ms))).toEqual([false, false])
    expect(passes(denied, noon, sibling)).toBe(true)
    expect(denyAgents(denied, [agent], noon)).toEqual(denied)
  })

  it('and switched on later can use only tokens that are issued after it was switched on', () => {
    const allowed = allowAgents(denied, [agent], noon + 20 * minute)
    expect([noon - minute, noon, noon + 4 * minute].map(ms => passes(allowed, ms))).toEqual([
      false,
      false,
      false,
    ])
    expect([19, 21].map(minutes => passes(allowed, noon + minutes * minute))).toEqual([false, true])
  })

  it('and switched on at once can use only tokens that are issued at least five minutes after it was switched off', () => {
    const allowed = allowAgents(denied, [agent], noon + minute)
    expect(acceptedFromMs(allowed, agent)).toBe(noon)
    expect([2, 4, 6].map(minutes => passes(allowed, noon + minutes * minute))).toEqual([false, false, true])
  })

  it('replaces its rows in the list, also those with its id in capitals, except an `issuedBefore` that is later; other agents’ rows stay', () => {
    const others: readonly Row[] = [{ agent: sibling }, { uti: 'a' }, { oid: agent, issuedBefore: 1 }]
    const later = Math.floor(noon / 1_000) + 3_600
    const rows = [...others, { agent: agent.toUpperCase() }, { agent, issuedBefore: later }]
    const cutOff = { agent, issuedBefore: new Date(later * 1_000).toISOString() }
    expect(denyAgents(rows, [agent], noon)).toEqual([...others, { agent }, cutOff])
    expect(allowAgents(rows, [agent], noon)).toEqual([...others, cutOff])
  })

  it('but has no row in the list gets no row when it is switched on', () => {
    expect(allowAgents([{ uti: 'a' }], [agent], noon)).toEqual([{ uti: 'a' }])
  })
})
