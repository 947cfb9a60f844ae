import { step } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { coversOf, fragmentOf, nameTokens, type Place, placeKey, readPlace } from './place.ts'

/** Without what is not there. */
const read = (fragment: string) => JSON.parse(JSON.stringify(readPlace(fragment)))

const side = {
  message: 'Weather in Dallas?',
  sides: [
    { agent: 'weather', flow: 'autonomous' },
    { agent: 'a:b', flow: 'obo' },
  ],
} as const

describe('the fragment of an address', () => {
  it.each<[string, Place]>([
    ['', {}],
    ['#try=3', { try: 3 }],
    ['#agent=weather&pane=trace', { agent: 'weather', pane: 'trace' }],
    ['#turn=2&id=7e03f2cd', { turn: 2, id: '7e03f2cd' }],
    ['#turn=2&view=sequence&step=5', { turn: 2, view: 'sequence', step: 5 }],
    ['#turn=2&view=compare', { turn: 2, view: 'compare' }],
    ['#turn=2&view=compare:tc,tr1', { turn: 2, view: 'compare', pair: ['tc', 'tr1'] }],
    ['#turn=2&token=tr&find=403+%22a%22', { turn: 2, token: 'tr', find: '403 "a"' }],
    ['#turn=2&pane=trace&present=4', { turn: 2, pane: 'trace', present: 4 }],
    ['#side=weather:self,a:b:me&q=Weather+in+Dallas%3F', { side }],
    ['#trace=1.abc', { opened: '#trace=1.abc' }],
  ])('%s is read and written', (fragment, place) => {
    expect(read(fragment)).toEqual(place)
    expect(fragmentOf(place)).toBe(fragment)
  })

  it.each([
    ['nothing', '#'],
    ['no numbers', '#turn=-1&step=1e3&present=0&try=0x2'],
    ['numbers of no use', '#turn=100000&step=2.5&present=%202&try=NaN'],
    ['broken escapes', '#%&%E0%A4%A=%&turn=%'],
    ['names of members of objects', '#__proto__=1&constructor=2&view=__proto__&side=a:toString,b:self&q=1'],
    ['markup as a view', '#view=%3Cimg+src=x+onerror=alert(1)%3E'],
    ['long values', `#agent=${'a'.repeat(201)}&id=${'b'.repeat(201)}&find=${'c'.repeat(201)}`],
    ['a fragment without end', `#turn=1&q=${'a'.repeat(70_000)}`],
    ['one side', '#side=weather:self&q=a'],
    ['three sides', '#side=a:self,b:self,c:self&q=a'],
    ['a flow that is none', '#side=a:self,b:root&q=a'],
    ['sides without a question', '#side=a:self,b:me&q=+'],
    ['a question that is too long', `#side=a:self,b:me&q=${'a'.repeat(4_001)}`],
  ])('with %s names no place', (_what, fragment) => {
    expect(read(fragment)).toEqual({})
  })

  it('names a pair only to compare it, and only a pair', () => {
    expect(read('#view=steps:tc,tr')).toEqual({ view: 'steps' })
    expect(read('#view=compare:tc')).toEqual({ view: 'compare' })
    expect(read('#view=compare:tc,tr,t1')).toEqual({ view: 'compare' })
  })
})

it('Another answer, view, pair or pane is another place; a step, a token, a search and a scene are details of it', () => {
  const place: Place = { turn: 2, view: 'steps' }
  const isSame = (more: Place) => placeKey({ ...place, ...more }) === placeKey(place)
  expect([isSame({ step: 3 }), isSame({ token: 'tr' }), isSame({ find: 'a' }), isSame({ id: 'b' })]).toEqual(
    Array(4).fill(true),
  )
  expect([isSame({ turn: 3 }), isSame({ view: 'compare' }), isSame({ pane: 'trace' })]).toEqual(
    Array(3).fill(false),
  )
  expect([isSame({ present: 1 }), isSame({ side }), isSame({ opened: 'file' })]).toEqual(Array(3).fill(false))
  expect(placeKey({ present: 1 })).toBe(placeKey({ present: 2 }))
  expect([place, { side }, { side, present: 1 }].map(coversOf)).toEqual([0, 1, 2])
})

it('Tokens are named by their role, and numbered if there are several of it', () => {
  const token = (role: 'Tc' | 'TR', fingerprint: string) =>
    step(fingerprint, { token: { role, fingerprint, observed: true } })
  const steps = [token('Tc', 'a'), token('TR', 'b'), token('TR', 'c'), token('TR', 'b')]
  expect([...nameTokens(steps)]).toEqual([
    ['a', 'tc'],
    ['b', 'tr1'],
    ['c', 'tr2'],
  ])
})
