import { type ClaimGroup, claimDictionary, readNumericDate } from '@entra-bedrock-agent/identity-trace'
import type { Names } from '../words/names.ts'

export interface ClaimView {
  readonly name: string
  readonly text: string
  /** The moment that a time claim names. */
  readonly time: Date | undefined
  readonly meaning: string | undefined
  /** What the value stands for: the name behind an id, facets in words. */
  readonly standsFor: string | undefined
}

export interface ClaimGroupView {
  readonly group: ClaimGroup
  readonly title: string
  readonly claims: readonly ClaimView[]
}

export type Claims = Readonly<Record<string, unknown>>

const groupTitles: Readonly<Record<ClaimGroup, string>> = {
  who: 'Who',
  'for-whom': 'For whom',
  'to-whom': 'To whom',
  'may-do': 'May do',
  'agent-facets': 'Agent facets',
  when: 'When',
  opaque: 'Internals',
}

/** The claims of a token as they are shown: in groups that answer a question each, in the order of the questions. */
export function groupClaims(claims: Claims, names: Names): ClaimGroupView[] {
  const views = Object.entries(claims).map(([name, value]) => viewClaim(name, value, names))
  const groups = Object.entries(groupTitles) as [ClaimGroup, string][]
  return groups
    .map(([group, title]) => ({ group, title, claims: views.filter(({ name }) => groupOf(name) === group) }))
    .filter(({ claims: members }) => members.length > 0)
}

export function groupOf(name: string): ClaimGroup {
  return dictionaryEntry(name)?.group ?? 'opaque'
}

function dictionaryEntry(name: string) {
  return Object.hasOwn(claimDictionary, name) ? claimDictionary[name] : undefined
}

export function viewClaim(name: string, value: unknown, names: Names): ClaimView {
  const text = claimText(value)
  const seconds = groupOf(name) === 'when' || name === 'xms_tcdt' ? readNumericDate(value) : undefined
  return {
    name,
    text,
    time: seconds === undefined ? undefined : new Date(seconds * 1000),
    meaning: dictionaryEntry(name)?.meaning,
    standsFor: names.id(text) ?? decodeNumbers(name, text),
  }
}

/** What the numbers of `xms_act_fct`, `xms_sub_fct` and `xms_idrel` say; others are to be ignored. */
const facets: Readonly<Record<string, string>> = { 11: 'agent identity', 13: 'agent user' }
const relations: Readonly<Record<string, string>> = {
  1: 'member',
  5: 'guest',
  7: 'service principal',
  33: 'federated managed identity',
}
const numberMeanings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  xms_act_fct: facets,
  xms_sub_fct: facets,
  xms_idrel: relations,
  azpacr: { 0: 'public client', 1: 'secret', 2: 'certificate or signed assertion' },
  appidacr: { 0: 'public client', 1: 'secret', 2: 'certificate or signed assertion' },
}

function decodeNumbers(name: string, text: string): string | undefined {
  const meanings = Object.hasOwn(numberMeanings, name) ? numberMeanings[name] : undefined
  const words = text
    .split(' ')
    .flatMap(number => (meanings && Object.hasOwn(meanings, number) ? meanings[number] : undefined) ?? [])
  return words.length > 0 ? words.join(', ') : undefined
}

function claimText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(' ')
  return JSON.stringify(value)
}

/** Whether a token is about a user, and not about an application that acts as itself. */
export function isForUser(claims: Claims): boolean {
  return claims['idtyp'] === 'user' || (claims['idtyp'] !== 'app' && 'scp' in claims)
}
