import { DeniedTokens } from '@entra-agents/tokens/denied-tokens'
import { describe, expect, it } from 'vitest'
import { acceptedFromMs, allowAgents, denyAgents, type Row } from './rows.ts'

const agent = 'bbbbbbbb-0000-4000-8000-00000000000b'
const sibling = 'bbbbbbbb-0000-4000-8000-0000000000bb'
const noon = Date.parse('2026-11-28T12:00:00Z')
const afterNoon = (minutes: number) => noon + minutes * 60_000

/** The minutes after noon at which Entra issued tokens that pass. */
function passing(rows: readonly Row[], minutes: readonly number[], caller: string = agent) {
  const about = { flow: 'autonomous', tenantId: '', blueprintAppId: undefined, tokenId: 'a' } as const
  const identity = { ...about, caller, objectId: caller }
  const denied = DeniedTokens.parse(JSON.stringify(rows))
  return minutes.filter(one => !denied.find(identity, afterNoon(one) / 1_000 - 300))
}

describe('an agent that is switched off', () => {
  const denied = denyAgents([], [agent], noon)

  it('has no token that passes, while other agents’ tokens pass', () => {
    expect(passing(denied, [-1, 1])).toEqual([])
    expect(passing(denied, [0], sibling)).toEqual([0])
    expect(denyAgents(denied, [agent], noon)).toEqual(denied)
  })

  it('and switched on later can use only tokens that are issued after it was switched on', () => {
    expect(passing(allowAgents(denied, [agent], afterNoon(20)), [-1, 0, 4, 19, 21])).toEqual([21])
  })

  it('and switched on at once can use only tokens that are issued at least five minutes after it was switched off', () => {
    const allowed = allowAgents(denied, [agent], afterNoon(1))
    expect(acceptedFromMs(allowed, agent)).toBe(noon)
    expect(passing(allowed, [2, 4, 6])).toEqual([6])
  })

  it('replaces its rows in the list, also those with its id in capitals, except an `issuedBefore` that is later; other agents’ rows stay', () => {
    const others: readonly Row[] = [{ agent: sibling }, { uti: 'a' }, { oid: agent, issuedBefore: 1 }]
    const later = Math.floor(noon / 1_000) + 3_600
    const rows = [...others, { agent: agent.toUpperCase() }, { agent, issuedBefore: later }]
    const cutOff = { agent, issuedBefore: new Date(later * 1_000).toISOString() }
    expect(denyAgents(rows, [agent], noon)).toEqual([...others, { agent }, cutOff])
    expect(allowAgents(rows, [agent], noon)).toEqual([...others, cutOff])
    expect(allowAgents([{ uti: 'a' }], [agent], noon)).toEqual([{ uti: 'a' }])
  })
})
