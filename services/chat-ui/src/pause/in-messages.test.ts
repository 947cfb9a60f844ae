import { describe, expect, it } from 'vitest'
import { tellApart } from './in-messages.ts'

const messages = [
  'Pay  Spotify what I owe, 1,100.50 to US133, and book from  4 December 2026 at −5 °C.',
  'Write to Ada@Example.com by Dec 9th, not to bo@example.com.evil, 12 minus 7; “two lines\nof it”',
]

const isInMessages = (value: unknown, written: readonly string[]) =>
  tellApart({ value: [value] }, written).unsaid === undefined

describe('A value', () => {
  it.each([
    'spotify',
    'us133',
    'ada@example.com',
    'two lines of it',
    1100.5,
    -5,
    -7,
    12,
    '12',
    '2026-12-04',
    '2026-12-09',
    '2027-12-09',
    ['Spotify', -5],
    { who: 'Ada@Example.com', when: null },
    '',
    {},
  ])(
    'is in the messages if the user wrote it, in other case or white space, or as a day or number: %j',
    value => {
      expect(isInMessages(value, messages)).toBe(true)
    },
  )

  it.each([
    'UK12345678901234567890',
    'potify',
    'US13',
    'example',
    'example.com',
    'bo@example.com',
    'da@example.com',
    'ada@example.com\u200b',
    5,
    1100,
    '2027-12-04',
    '2026-12-14',
    '2026-11-04',
    'tomorrow',
    true,
    ['Spotify', 'Mallory'],
    { who: 'Mallory' },
    { a: { b: { c: { d: { e: { f: { g: 'spotify' } } } } } } },
  ])('is not in the messages if the user wrote another one, or only a part of a word: %j', value => {
    expect(isInMessages(value, messages)).toBe(false)
  })

  it.each(['example.com', 'spotify'])('is in no message if there is none: %j', value => {
    expect(isInMessages(value, [])).toBe(false)
  })
})

it('Arguments are listed one by one, and what nests too deep as it is', () => {
  const deep = { a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } }
  const values = { city: 'Oslo', when: { kind: 'below', celsius: -5 }, to: [1], none: {}, ...deep }
  expect(tellApart(values, ['Oslo'])).toEqual({
    said: [
      ['city', 'Oslo'],
      ['none', {}],
    ],
    unsaid: [
      ['when.kind', 'below'],
      ['when.celsius', -5],
      ['to', [1]],
      ['a.b.c.d.e.f.g', { h: 1 }],
    ],
  })
  let endless: object = {}
  for (let level = 0; level < 20_000; level++) endless = { endless }
  expect(tellApart({ endless }, ['endless']).unsaid).toHaveLength(1)
})

it('More values than anybody writes count as not in the messages, so that the page need not look for each', () => {
  const rows = (length: number) => ({ rows: Array.from({ length }, () => 'Oslo') })
  expect(tellApart(rows(200), ['Oslo'])).toEqual({ said: [['rows', rows(200).rows]] })
  expect(tellApart(rows(201), ['Oslo'])).toEqual({ unsaid: [['rows', rows(201).rows]] })
})
