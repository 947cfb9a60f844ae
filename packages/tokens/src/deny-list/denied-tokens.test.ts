import { describe, expect, it } from 'vitest'
import { agent, identityOf, issuedAt, sibling, user } from '../testing/denied.ts'
import { DeniedTokens } from './denied-tokens.ts'

describe('a row of the deny list', () => {
  // biome-ignore format: table
  const rows: readonly (readonly [what: string, row: object, denial: 'agent' | 'token' | undefined])[] = [
    ['of the agent denies all of its tokens', { agent }, 'agent'],
    ['of the agent may be in capital letters', { agent: agent.toUpperCase() }, 'agent'],
    ['of another agent denies nothing', { agent: sibling }, undefined],
    ['of the agent with a time denies tokens issued before it', { agent, issuedBefore: '2026-11-28T12:00:01Z' }, 'token'],
    ['of the agent with a time lets tokens issued from then on pass', { agent, issuedBefore: '2026-11-28T12:00:00Z' }, undefined],
    ['may have a time in another zone', { agent, issuedBefore: '2026-11-28T13:00:01+01:00' }, 'token'],
    ['may have a time without seconds', { agent, issuedBefore: '2026-11-28T12:01Z' }, 'token'],
    ['may have a time in parts of a second', { agent, issuedBefore: '2026-11-28T12:00:00.25Z' }, 'token'],
    ['may have a time in seconds', { agent, issuedBefore: issuedAt + 1 }, 'token'],
    ['may have the earliest possible time', { agent, issuedBefore: 0 }, undefined],
    ['may have the latest possible time', { agent, issuedBefore: 253_402_300_799 }, 'token'],
    ['of the user denies tokens issued before its time', { oid: user, issuedBefore: issuedAt + 1 }, 'token'],
    ['of the user may be in capital letters', { oid: user.toUpperCase(), issuedBefore: issuedAt + 1 }, 'token'],
    ['of another user denies nothing', { oid: agent, issuedBefore: issuedAt + 1 }, undefined],
    ['of the user lets newer tokens pass', { oid: user, issuedBefore: issuedAt }, undefined],
    ['of the token denies it', { uti: 'token-1' }, 'token'],
    ['of another token denies nothing', { uti: 'TOKEN-1' }, undefined],
  ]
  it.each(rows)('%s: %j', (_what, row, denial) => {
    expect(DeniedTokens.parse(JSON.stringify([row])).find(identityOf(agent), issuedAt)).toBe(denial)
  })

  it('prevails over rows of the same agent that deny less, wherever it stands in the list', () => {
    const both = [{ agent }, { agent, issuedBefore: issuedAt }]
    for (const list of [both, both.toReversed()])
      expect(DeniedTokens.parse(JSON.stringify(list)).find(identityOf(agent), issuedAt)).toBe('agent')
    const times = [0, 1].map(more => ({ agent, issuedBefore: issuedAt + more }))
    for (const list of [times, times.toReversed()])
      expect(DeniedTokens.parse(JSON.stringify(list)).find(identityOf(agent), issuedAt)).toBe('token')
  })

  it('denies a caller whose id is in capital letters, and no token without an id', () => {
    const denied = DeniedTokens.parse(JSON.stringify([{ agent }, { uti: 'a'.repeat(64) }]))
    expect(denied.size).toBe(2)
    expect(denied.find(identityOf(agent.toUpperCase()), issuedAt)).toBe('agent')
    expect(denied.find(identityOf(sibling, { tokenId: 'a'.repeat(64) }), issuedAt)).toBe('token')
    expect(denied.find(identityOf(sibling, { tokenId: undefined }), issuedAt)).toBeUndefined()
  })

  // biome-ignore format: table
  it.each([
    '{}', '{"agnet":"x"}', `{"agent":"${agent}","note":""}`, '{"agent":"weather-agent"}', '{"agent":null}', `{"agent":"${agent}","uti":"a"}`,
    `{"oid":"${user}"}`, '{"uti":""}', '{"uti":"a","issuedBefore":1}', `{"agent":"${agent}","issuedBefore":"yesterday"}`, `{"agent":"${agent}","issuedBefore":null}`,
    `{"agent":"x${agent}"}`, `{"agent":"${agent}x"}`, '{"uti":"!a"}', '{"uti":"a!"}', `{"uti":"${'a'.repeat(65)}"}`, '{"uti":7}', `{"agent":["${agent}"]}`, `{"agent":"${agent}","issuedBefore":["2026-11-28T12:00:00Z"]}`, '7', `[{"agent":"${agent}"}]`,
    `{"agent":"${agent}","issuedBefore":-1}`, `{"agent":"${agent}","issuedBefore":1.5}`, `{"agent":"${agent}","issuedBefore":253402300800}`,
    `{"agent":"${agent}","issuedBefore":"+002026-11-28T12:00:00Z"}`, `{"agent":"${agent}","issuedBefore":"2026-11-28T12:00:00Z (noon)"}`,
    `{"agent":"${agent}","issuedBefore":"2026-13-28T12:00:00Z"}`, `{"agent":"${agent}","issuedBefore":"2026-11-28T12:00:00"}`, `{"agent":"${agent}","issuedBefore":1795867200000}`, 'null', '"x"', '[]',
  ])('that is not understood makes the list unreadable: %s', row => {
    expect(() => DeniedTokens.parse(`[{"agent":"${sibling}"},${row}]`)).toThrow('Row 2 of the deny list')
  })

  it.each(['', ' ', '{}', 'null', '[{"agent":', `[{"agent":"${agent}"}`])(
    'must stand in a JSON array; any other text is refused: %j',
    text => {
      expect(() => DeniedTokens.parse(text)).toThrow('The deny list is not')
    },
  )
})
