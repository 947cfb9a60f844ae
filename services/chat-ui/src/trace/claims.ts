import {
  type ClaimGroup,
  claimDictionary,
  personalClaims,
  readNumericDate,
} from '@entra-bedrock-agent/identity-trace'
import type { Names } from './names.ts'

export interface ClaimView {
  readonly name: string
  readonly text: string
  /** The moment that a time claim names. */
  readonly time: Date | undefined
  readonly meaning: string | undefined
  /** What the id in it stands for. */
  readonly standsFor: string | undefined
  /** It names or locates a user, and is hidden until asked for. */
  readonly personal: boolean
}

export interface ClaimGroupView {
  readonly group: ClaimGroup
  readonly title: string
  readonly claims: readonly ClaimView[]
}

const groupTitles: Readonly<Record<ClaimGroup, string>> = {
  who: 'Who',
  'for-whom': 'For whom',
  'to-whom': 'To whom',
  'may-do': 'May do',
  'agent-facets': 'Agent facets',
  when: 'When',
  opaque: 'Other and internal',
}

type Claims = Readonly<Record<string, unknown>>

/** The claims of a token as they are shown: in groups that answer a question each, in the order of the questions. */
export function groupClaims(claims: Claims, names: Names): ClaimGroupView[] {
  const views = Object.entries(claims).map(([name, value]) => viewClaim(name, value, names))
  const groups = Object.entries(groupTitles) as [ClaimGroup, string][]
  return groups
    .map(([group, title]) => ({ group, title, claims: views.filter(({ name }) => groupOf(name) === group) }))
    .filter(({ claims: members }) => members.length > 0)
}

function groupOf(name: string): ClaimGroup {
  return dictionaryEntry(name)?.group ?? 'opaque'
}

function dictionaryEntry(name: string) {
  return Object.hasOwn(claimDictionary, name) ? claimDictionary[name] : undefined
}

function viewClaim(name: string, value: unknown, names: Names): ClaimView {
  const text = claimText(value)
  const seconds = groupOf(name) === 'when' ? readNumericDate(value) : undefined
  return {
    name,
    text,
    time: seconds === undefined ? undefined : new Date(seconds * 1000),
    meaning: dictionaryEntry(name)?.meaning,
    standsFor: names.id(text),
    personal: personalClaims.has(name),
  }
}

function claimText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(' ')
  return JSON.stringify(value)
}
