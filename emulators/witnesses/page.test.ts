import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Outcome } from './languages.ts'
import { notes } from './notes.ts'
import { pageFile, parityPage } from './page.ts'
import { findBetter, findWorse, mergeOutcomes, noteSeen, parseResults, readResults } from './results.ts'

const known = parseResults(`# a comment
green · never · msal · a call · token
red · 2026-11-30 · msal · another · /a|b/
green · never · graph · a call · ok
`)
const outcome = (name: string, result: Outcome['result'], client = 'msal'): Outcome => ({
  ...{ client, name, result, expected: 'token', got: '' },
})

describe('docs/entra-emulator.md', () => {
  const results = readResults()

  it('is what results.txt says (npm run witnesses -- --page)', () => {
    expect(results.length).toBeGreaterThan(150)
    expect(readFileSync(pageFile, 'utf8')).toBe(parityPage(results))
  })

  it('says of every red call what Entra does, and calls no green call red', () => {
    const called = new Map(results.map(({ name, state }) => [name, state]))
    const red = results.filter(({ state }) => state === 'red').map(({ name }) => name)
    expect(red.filter(name => notes[name]?.state !== 'red')).toEqual([])
    const listed = Object.entries(notes).map(([name, { state }]) => [name, state === 'red'])
    expect(listed.filter(([name, isRed]) => isRed !== (called.get(String(name)) === 'red'))).toEqual([])
  })

  it('keeps a cell in one piece, and shows the latest day of several clients', () => {
    const page = parityPage([
      ...parseResults(
        'green · 2026-11-30 · @azure/msal-node · one | two · /a|b/\nred · never · MSAL Go · one | two · x',
      ),
    ])
    expect(page).toContain('| one \\| two | `/a\\|b/` | 🟢 | – | 🔴 | – | 2026-11-30 |')
  })
})

describe('the results', () => {
  it('are worse if a green call is red or is no longer made; clients that did not run do not count', () => {
    expect(findWorse(known, [outcome('a call', 'RED'), outcome('another', 'RED')])).toEqual(['msal · a call'])
    expect(findWorse(known, [outcome('another', 'ok')])).toEqual(['msal · a call'])
    expect(findWorse(known, [outcome('a call', 'ok')])).toEqual([])
  })

  it('are better if a call is green that was red or is new', () => {
    const outcomes = [
      outcome('a call', 'ok'),
      outcome('another', 'ok'),
      outcome('new', 'ok'),
      outcome('x', 'RED'),
    ]
    expect(findBetter(known, outcomes)).toEqual(['msal · another', 'msal · new'])
  })

  it('keep what other clients came to, and the day on which a real tenant was seen', () => {
    const merged = mergeOutcomes(known, [outcome('another', 'ok')])
    expect(merged.map(({ client, name, state, seen }) => [client, name, state, seen])).toEqual([
      ['msal', 'another', 'green', '2026-11-30'],
      ['graph', 'a call', 'green', 'never'],
    ])
  })

  it('note only the day at a real tenant, of the calls that it answered as expected', () => {
    const noted = noteSeen(known, [outcome('a call', 'ok'), outcome('another', 'not possible')], '2026-12-01')
    expect(noted.map(({ state, seen }) => [state, seen])).toEqual([
      ['green', '2026-12-01'],
      ['red', '2026-11-30'],
      ['green', 'never'],
    ])
  })
})
