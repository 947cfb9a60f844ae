import type { TokenCard } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { agentId, apiId, publicConfig, tenantId } from '../testing/public-config.ts'
import { viewClaims } from '../trace/claims.ts'
import { describeNames } from '../words/names.ts'
import { findDifference, readPasted } from './read-pasted.ts'

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const write = (claims: unknown, header: unknown = { alg: 'RS256' }, signature = 'c2lnbmF0dXJl') =>
  `${encode(header)}.${encode(claims)}.${signature}`

const later = Math.floor(Date.now() / 1_000) + 3_600
const good = {
  iss: `${publicConfig.authority}/v2.0`,
  tid: tenantId,
  aud: apiId,
  azp: agentId,
  exp: later,
  nbf: later - 4_000,
  roles: ['Orders.Read.All'],
}

/** The claims of a pasted token that differ from the configuration, each with how. */
function differencesOf(claims: object): Readonly<Record<string, string>> {
  const card = readPasted(write(claims))
  if (typeof card === 'string') throw new Error(card)
  const all = Object.entries(card.claims ?? {}).map(([name, value]) => [
    name,
    findDifference(name, value, publicConfig),
  ])
  return Object.fromEntries(all.filter(([, difference]) => difference !== undefined))
}

const deep = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

// biome-ignore format: table
it.each([
  ['nothing', '', /^This is no JWT/],
  ['a text', 'Hello there', /^This is no JWT/],
  ['an opaque token', 'EwB4A8l6BAAU', /^This is no JWT/],
  ['a megabyte', `${'a'.repeat(1_000_000)}.b.c`, /too long/],
  ['an encrypted token', 'a.b.c.d.e', /encrypted/],
  ['other base64', write(good).replace('.', '=.'), /^This is no JWT/],
  ['base64 with characters of its own', `!${write(good)}`, /^This is no JWT/],
  ['a token cut short', write(good).slice(0, 60), /^This is no JWT/],
  ['bytes that are no text', `${encode({})}.${Buffer.from([0xff, 0xfe]).toString('base64url')}.x`, /^This is no JWT/],
  ['claims that are a list', write([]), /^This is no JWT/],
  ['claims that are nothing', write(null), /^This is no JWT/],
])('Of %s the page says what it is', (_what, text, expected) => {
  expect(readPasted(text)).toMatch(expected)
})

it('Claims that are nested too deeply for this JavaScript engine are no JWT; others can be shown', () => {
  const read = readPasted(write(deep(12_000)))
  expect(typeof read === 'string' ? read : JSON.stringify(read)).toMatch(/^This is no JWT|"a":\[\[/)
})

it('A token is decoded with or without Bearer before it, and without its signature', () => {
  const card = { role: 'TR', observed: true, header: { alg: 'RS256' }, claims: good }
  for (const text of [write(good), `Bearer ${write(good)}\n`, write(good, { alg: 'RS256' }, '')])
    expect(readPasted(text)).toEqual(card)
})

it('Each claim that differs from the configuration is told, and what is missing, too', () => {
  expect(differencesOf(good)).toEqual({})
  expect(
    differencesOf({ ...good, aud: `api://${apiId}`, iss: `https://sts.windows.net/${tenantId}/` }),
  ).toEqual({})
  const tenant = 'another tenant'
  const unknown = 'unknown to this agent'
  expect(differencesOf({})).toEqual({ iss: tenant, aud: unknown, exp: 'not valid now' })
  const wrong = {
    iss: `https://evil.example/${tenantId}/v2.0`,
    tid: 'x',
    aud: `https://evil.example/${apiId}`,
    azp: 'constructor',
    exp: later - 9_000,
    nbf: later,
  }
  expect(differencesOf(wrong)).toEqual({
    iss: tenant,
    tid: tenant,
    aud: unknown,
    azp: unknown,
    exp: 'not valid now',
    nbf: 'not valid now',
  })
})

it('What hides in names and values is spelt out', () => {
  const card = readPasted(write({ ['a\u202Eb']: 'x\u2066y', __proto__: 1, name: '\u202Eada' })) as TokenCard
  const shown = viewClaims(card, describeNames(publicConfig, false)).map(
    ({ name, text }) => `${name}=${text}`,
  )
  expect(shown.join(' ')).toContain('a‹U+202E›b=x‹U+2066›y')
  expect(shown.join(' ')).not.toMatch(/\p{Bidi_Control}/u)
})
