import type { ClaimGroup, TokenCard } from '@entra-agents/trace'
import { capitalise, type Names, shortenIds } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { formatTime } from '../words/times.ts'
import { type Claims, claimWords, groupOf, groupTitles, viewClaim } from './claims.ts'
import { rightsOf } from './read-token.ts'
import type { Sign } from './sign.tsx'

/** A token beside another, and the names of the answer that had it. */
export interface ComparedToken {
  readonly card: TokenCard
  readonly names: Names
  /** The rights that were used, where that is known. */
  readonly used?: readonly string[]
}

/** What a claim says, and how it stands in the token. */
export interface ClaimInWords {
  /** Somebody, or a right that was used; set bold. */
  readonly name?: string | undefined
  readonly words?: string | undefined
  readonly code: string
}

/** The claims of the last question that are told if they are alike; of the others there is nothing to learn. */
const origins: readonly string[] = ['iss', 'tid', 'ver']

interface Question {
  readonly title: string
  readonly groups: readonly ClaimGroup[]
  readonly told: readonly string[]
}

/** The questions, always in this order, and the claims that say in words what was kept. */
const questions: readonly Question[] = [
  { title: groupTitles.who, groups: ['who'], told: ['azp'] },
  { title: groupTitles['for-whom'], groups: ['for-whom'], told: ['oid', 'name'] },
  { title: groupTitles['to-whom'], groups: ['to-whom'], told: ['aud'] },
  { title: groupTitles['may-do'], groups: ['may-do'], told: ['scp', 'roles'] },
  {
    title: groupTitles['agent-facets'],
    groups: ['agent-facets'],
    told: ['xms_act_fct', 'xms_par_app_azp'],
  },
  { title: 'Issued', groups: ['issuer', 'when', 'opaque'], told: origins },
]

export type ComparedTokens = ReturnType<typeof compareTokens>

/** What two tokens say alike and differently, question by question. */
export function compareTokens(left: ComparedToken, right: ComparedToken) {
  const sides = [alignNames(left.card), alignNames(right.card)] as const
  const names = [...new Set(sides.flatMap(side => [...side.keys()]))]
  const claims = names.map(name => ({ name, sign: signOf(sides[0].get(name), sides[1].get(name)) }))
  const isOfOneKind = left.card.role === right.card.role
  const isTold = ({ name }: { readonly name: string }) =>
    name === 'iat' ? isOfOneKind : claimWords(name)?.isMain && !(name === 'sub' && sides.every(isSubjectTold))
  const groups = questions.map(({ title, groups, told }) => {
    const members = claims.filter(({ name }) => groups.includes(groupOf(name)))
    const kept = members
      .filter(({ name, sign }) => sign === 'same' && (title !== 'Issued' || origins.includes(name)))
      .map(({ name }) => name)
    // The claims in which the tokens differ; a token without a claim has the words for what is missing.
    const rows = members
      .filter(claim => claim.sign !== 'same' && isTold(claim))
      .map(({ name, sign }) => ({
        name,
        sign,
        left: tellClaim(name, sides[0], left),
        right: tellClaim(name, sides[1], right),
      }))
    const words = told.filter(name => kept.includes(name)).flatMap(name => wordsOf(name, sides[0], left))
    const others = kept.flatMap(name => wordsOf(name, sides[0], left))
    // What both tokens have alike, and what the important claims among it say.
    return { title, rows, kept: { names: kept, words: (words.length > 0 ? words : others).join(', ') } }
  })
  // All others mean something to Entra ID alone, or change with each token.
  const shown = groups.reduce((sum, { rows, kept }) => sum + rows.length + kept.names.length, 0)
  return { groups, others: claims.length - shown }
}

/** The difference that matters most, by the name of its question; `undefined` if no single one does. */
export function tellMainDifference({ groups }: ComparedTokens): string | undefined {
  const has = (name: string) => groups.some(({ rows }) => rows.some(row => row.name === name))
  const keeps = (name: string) => groups.some(({ kept }) => kept.names.includes(name))
  if (has('azp')) return keeps('oid') ? 'Who called changes. The user stays the same.' : undefined
  if (has('oid')) return keeps('azp') ? 'For whom changes. Who called stays the same.' : undefined
  if (has('acrs')) return 'The proof of a second factor makes the difference.'
  const isSame = groups.every(({ rows }) => rows.every(({ name }) => name === 'iat'))
  return isSame ? 'Both tokens say the same of caller, user and right.' : undefined
}

/** v1 and v2 tokens spell some claims differently. */
function alignNames({ claims = {} }: TokenCard): Map<string, unknown> {
  return new Map(
    Object.entries(claims as Claims).map(([name, value]) => [claimWords(name)?.inV2 ?? name, value]),
  )
}

function signOf(left: unknown, right: unknown): Sign {
  if (left === undefined) return 'added'
  if (right === undefined) return 'removed'
  return JSON.stringify(left) === JSON.stringify(right) ? 'same' : 'changed'
}

/** What a kept claim says within a sentence; of where a token comes from, only that it is the same. */
function wordsOf(name: string, claims: ReadonlyMap<string, unknown>, token: ComparedToken): string[] {
  if (origins.includes(name)) return [claimWords(name)?.name ?? name].map(word => word.toLowerCase())
  const { name: who = '', words = '' } = tellClaim(name, claims, token) ?? {}
  return who || words ? [`${who}${words}`.replace(/^(You|The|Itself)\b/, word => word.toLowerCase())] : []
}

/** Whether `sub` says nothing beyond `oid`, as in a token of the agent itself. */
function isSubjectTold(claims: ReadonlyMap<string, unknown>): boolean {
  return [undefined, claims.get('oid')].includes(claims.get('sub') as undefined)
}

function tellClaim(
  name: string,
  claims: ReadonlyMap<string, unknown>,
  { card, names, used = [] }: ComparedToken,
): ClaimInWords | undefined {
  const value = claims.get(name)
  if (value === undefined) {
    const isRightless = groupOf(name) === 'may-do' && rightsOf(card).rights.length === 0
    return isRightless ? { name: 'None', code: '' } : undefined
  }
  const { text, time, standsFor } = viewClaim(name, value, names, card)
  const code = `${name} ${shorten(text)}`
  switch (name) {
    case 'oid':
      return { name: value === claims.get('azp') ? 'Itself' : standsFor && capitalise(standsFor), code }
    case 'azp':
    case 'aud':
      return { name: standsFor && capitalise(standsFor), code }
    case 'name':
      return { words: text, code: name }
    case 'scp':
    case 'roles':
      return { ...tellRights(text, used), code: name }
    case 'acrs':
      return { name: toReader('you showed a second factor', names), code }
    case 'iat':
      return { words: time && `issued ${formatTime(time)}`, code: time ? name : code }
    default:
      return { words: standsFor, code }
  }
}

/** The rights in a claim, the used ones first; all of them count as used if none is known to be. */
export function tellRights(text: string, used: readonly string[]) {
  const rights = text.split(' ')
  const known = rights.filter(right => used.includes(right))
  const names = known.length > 0 ? known : rights
  const others = rights.filter(right => !names.includes(right))
  return { name: names.join(', '), words: others.map(right => `, ${right}`).join('') }
}

const mostLetters = 40

/** Ids with their first and last digits, other long values with their beginning: the card of the token has all of it. */
function shorten(text: string): string {
  const short = shortenIds(text)
  if (/^[\w-]{24,}$/.test(short)) return `${short.slice(0, 8)}…`
  return short.length > mostLetters ? `${short.slice(0, mostLetters)}…` : short
}
