import { personalClaims, type TokenCard } from '@entra-agents/trace'
import { guidPattern } from '../words/names.ts'
import { foldText } from './folded-text.ts'
import type { Secret } from './hide.ts'
import { actsAsOf } from './read-token.ts'

/** Shorter values would match all over the trace by accident. They are hidden only in their claim, unless they are names. */
const shortest = 4
export const nameClaims: ReadonlySet<string> = new Set(['name', 'given_name', 'family_name', 'nickname'])

/** Secrets by their values as texts are compared. */
export type Secrets = ReadonlyMap<string, Secret>

/** What tokens reveal of the user and the tenant, each value with a mask of its own. */
export function secretsOf(cards: readonly TokenCard[]): Secrets {
  const numbered = new Map<string, Secret>()
  const used = new Map<string, number>()
  // Names come first: a country code such as LI is hidden only in its claim, but may be a name too.
  for (const secret of cards.flatMap(secretsIn).sort((one, other) => +other.isWord - +one.isWord)) {
    const key = keyOf(secret.value)
    if (numbered.has(key)) continue
    const number = (used.get(secret.mask) ?? 0) + 1
    used.set(secret.mask, number)
    numbered.set(key, { ...secret, mask: `‹${secret.mask}${number === 1 ? '' : ` ${number}`} hidden›` })
  }
  return numbered
}

function keyOf(value: string): string {
  return foldText(value).units.join('')
}

function secretsIn(card: TokenCard): Secret[] {
  return Object.entries(card.claims ?? {}).flatMap(([name, value]) => {
    const mask = claimMask(name, card)
    if (mask) return textsIn(value).map(text => ({ value: text, mask, isWord: isWord(text, name) }))
    if (name !== 'iss' && name !== 'idp') return []
    return (String(value).match(guidPattern) ?? []).map(id => ({ value: id, mask: 'tenant', isWord: false }))
  })
}

/** Whether a value could be a part of other words: a word, or a short name such as “Bo Li”. */
function isWord(value: string, claim: string): boolean {
  const isSingleWord = /^[\p{L}\p{M}]+$/u.test(value)
  return nameClaims.has(claim) ? isSingleWord || value.length < 8 : isSingleWord && value.length >= shortest
}

/** The secrets to hide in all texts. */
export function hiddenInTexts(secrets: Secrets): Secret[] {
  const all = [...secrets.values()]
  return all.filter(({ value, isWord }) => value.length >= shortest || (isWord && /\p{L}/u.test(value)))
}

export function textsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn)
  return value === null || value === '' ? [] : [String(value)]
}

/** The mask of a claim; `undefined` if the claim is shown, such as the name (not the addresses) of an agent's user account. */
function claimMask(name: string, card: TokenCard): string | undefined {
  const actsAs = card.role === 'Tc' ? 'user' : actsAsOf(card)
  if (name === 'name' && actsAs === 'agent-user') return undefined
  if (personalClaims.has(name)) return name
  if (name === 'tid') return 'tenant'
  return (name === 'oid' || name === 'sub') && actsAs === 'user' ? `user ${name}` : undefined
}

/** The masks of a claim's values; `undefined` if the claim is shown. */
export function maskedClaim(name: string, card: TokenCard, secrets: Secrets): string | undefined {
  if (claimMask(name, card) === undefined) return undefined
  const masks = textsIn(card.claims?.[name]).map(text => secrets.get(keyOf(text))?.mask ?? '')
  return [...new Set(masks)].join(' ')
}
