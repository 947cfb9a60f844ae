import type { TokenCard, TokenRole } from '@entra-bedrock-agent/identity-trace'
import { type Claims, groupOf, isForUser } from './claims.ts'

/** `not-observed`: nobody saw one of the tokens, so there is nothing to compare with. */
export type Verdict = 'same' | 'changed' | 'added' | 'removed' | 'not-observed'

/** One claim of two tokens, side by side. */
export interface ComparedClaim {
  readonly name: string
  readonly left: unknown
  readonly right: unknown
  readonly verdict: Verdict
  /** What the difference, or that there is none, teaches. */
  readonly lesson: string | undefined
}

/** Claims that v1 and v2 tokens spell differently. */
const v2Names: Readonly<Record<string, string>> = {
  appid: 'azp',
  appidacr: 'azpacr',
  upn: 'preferred_username',
}

const groupOrder = ['who', 'for-whom', 'to-whom', 'may-do', 'agent-facets', 'when', 'opaque']

/** The claims of two tokens, aligned by meaning, in the order in which a token card shows them. */
export function compareTokens(left: TokenCard, right: TokenCard): ComparedClaim[] {
  const sides = [alignNames(left.claims ?? {}), alignNames(right.claims ?? {})] as const
  const names = [...new Set(sides.flatMap(side => [...side.keys()]))]
  const pair = { left, right }
  return names
    .map(name => {
      const [one, other] = sides.map(side => side.get(name))
      const verdict = left.observed && right.observed ? judge(one, other) : 'not-observed'
      return { name, left: one, right: other, verdict, lesson: lessonOf(name, verdict, pair) }
    })
    .sort((one, other) => groupOrder.indexOf(groupOf(one.name)) - groupOrder.indexOf(groupOf(other.name)))
}

function alignNames(claims: Claims): Map<string, unknown> {
  return new Map(
    Object.entries(claims).map(([name, value]) => [
      Object.hasOwn(v2Names, name) ? (v2Names[name] ?? name) : name,
      value,
    ]),
  )
}

function judge(left: unknown, right: unknown): Verdict {
  if (left === undefined) return 'added'
  if (right === undefined) return 'removed'
  return JSON.stringify(left) === JSON.stringify(right) ? 'same' : 'changed'
}

interface Pair {
  readonly left: TokenCard
  readonly right: TokenCard
}

/** Sentences for the differences between the user's token and the agent's. */
const exchanged: Readonly<Record<string, string>> = {
  'aud changed':
    'Each token opens one door. Yours opens the blueprint only, so the agent cannot pass it on: it has to exchange it.',
  'azp changed':
    'From this page to the agent: the API sees who really calls, and can tell the agent from you.',
  'oid same': 'Still you. The agent acts with your rights, not with its own.',
  'sub changed': 'Pairwise: each application knows you by another subject. To recognise a user, compare oid.',
  'scp changed': 'From “may ask the agent to act for me” to what the agent may do at this API.',
  'scp removed': 'Nothing of yours is lent: this token carries the agent’s own rights.',
  'xms_act_fct added': 'Says that the actor is an agent. No ordinary application has it.',
  'xms_sub_fct added': 'Says what kind of subject this is.',
  'xms_par_app_azp added':
    'Names the blueprint that the agent was made from. For audit, not for authorization.',
  'roles added': 'App roles: what the agent may do in its own right.',
}

/** Sentences for the differences between two tokens of the agent, in whichever order. */
const betweenOwn: Readonly<Record<string, string>> = {
  'aud changed': 'Each API has a token of its own; one is worth nothing at the other.',
  'azp same': 'The same agent calls, whomever it acts for.',
  'oid changed': 'The subject: in one token the agent itself, in the other you.',
  'idtyp changed': 'app: the agent acts as itself. user: it acts on your behalf.',
  'scp added': 'Lent rights: what you let the agent do.',
  'scp removed': 'Lent rights: what you let the agent do.',
  'roles added': 'Own rights: app roles that were given to the agent.',
  'roles removed': 'Own rights: app roles that were given to the agent.',
  'xms_par_app_azp same': 'Made from the same blueprint.',
}

function lessonOf(name: string, verdict: Verdict, { left, right }: Pair): string | undefined {
  const roles: readonly TokenRole[] = [left.role, right.role]
  const key = `${name} ${verdict}`
  if (roles.every(role => role === 'TR')) return betweenOwn[key]
  if (left.role !== 'Tc' || right.role !== 'TR') return undefined
  if (name === 'oid' && !isForUser(right.claims ?? {})) return 'Not you: the agent acts as itself.'
  return exchanged[key]
}
