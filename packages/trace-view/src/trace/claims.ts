import {
  type ClaimGroup,
  type ClaimMeaning,
  claimDictionary,
  readNumericDate,
  type TokenCard,
} from '@entra-agents/trace'
import { type Names, withArticle } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { actsAsOf, wordsOfToken } from './read-token.ts'

export type ClaimView = ReturnType<typeof viewClaim>

export type Claims = Readonly<Record<string, unknown>>

/** The questions that claims answer, in the order in which they are always shown. */
export const groupTitles: Readonly<Record<ClaimGroup, string>> = {
  who: 'Who called',
  'for-whom': 'For whom',
  'to-whom': 'To whom',
  'may-do': 'By which right',
  'agent-facets': 'Agent’s marks',
  issuer: 'Issued by',
  when: 'When',
  opaque: 'Internals',
}

const groupOrder = Object.keys(groupTitles) as ClaimGroup[]

/** The claims of a token as they are shown, in the order of the questions that they answer. */
export function viewClaims(card: TokenCard, names: Names): ClaimView[] {
  const views = Object.entries(card.claims ?? {}).map(([name, value]) => viewClaim(name, value, names, card))
  return groupClaims(views).flatMap(({ claims }) => claims)
}

/** Claims in groups, one for each question, in the order of the questions. */
export function groupClaims<Claim extends { readonly name: string }>(claims: readonly Claim[]) {
  return groupOrder
    .map(group => ({ group, claims: claims.filter(({ name }) => groupOf(name) === group) }))
    .filter(({ claims: members }) => members.length > 0)
}

export function groupOf(name: string): ClaimGroup {
  return claimWords(name)?.group ?? 'opaque'
}

/** The words for a claim; `undefined` for a claim that this page does not know. */
export function claimWords(name: string): ClaimMeaning | undefined {
  return Object.hasOwn(claimDictionary, name) ? claimDictionary[name] : undefined
}

/** What stands before the words for a value. */
const prefixes: Readonly<Record<string, string>> = {
  xms_act_fct: 'acts as an ',
  xms_par_app_azp: 'made from the ',
}

/** One claim in words. What an id stands for depends on whose rights the token has. */
export function viewClaim(name: string, value: unknown, names: Names, card: TokenCard) {
  const text = spellOutDirections(claimText(value))
  const standsFor =
    names.id(text) ?? toReader(tellSubject(name, card, names), names) ?? decodeNumbers(name, text)
  const seconds = groupOf(name) === 'when' || name === 'xms_tcdt' ? readNumericDate(value) : undefined
  return {
    name,
    text,
    /** The value as a time; `undefined` for claims that state no time. */
    time: seconds === undefined ? undefined : new Date(seconds * 1000),
    meaning: claimWords(name)?.meaning,
    /** What the value stands for: the name behind an id, facets in words. */
    standsFor: standsFor && `${prefixes[name] ?? ''}${standsFor}`,
  }
}

function tellSubject(name: string, card: TokenCard, names: Names): string | undefined {
  if ((name !== 'oid' && name !== 'sub') || actsAsOf(card) === 'agent') return undefined
  const { subject } = wordsOfToken(card)
  if (name === 'oid') return subject
  const audience = withArticle(names.id(String(card.claims?.['aud'])) ?? 'application')
  return `${subject === 'you' ? 'your' : 'its'} id towards ${audience}`
}

function decodeNumbers(name: string, text: string): string | undefined {
  const known = new Map(Object.entries(claimWords(name)?.values ?? {}))
  const words = text.split(' ').flatMap(number => known.get(number) ?? [])
  if (words.length > 0) return words.join(', ')
  return name === 'xms_sub_fct' ? 'no agent' : undefined
}

function claimText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(' ')
  return JSON.stringify(value)
}
