import {
  type ActsAs,
  type ClaimGroup,
  claimDictionary,
  readNumericDate,
  type TokenCard,
} from '@entra-agents/trace'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'

export interface ClaimView {
  readonly name: string
  readonly text: string
  /** The value as a time; `undefined` for claims that state no time. */
  readonly time: Date | undefined
  readonly meaning: string | undefined
  /** What the value stands for: the name behind an id, facets in words. */
  readonly standsFor: string | undefined
}

const claimEntries = new Map(Object.entries(claimDictionary))

export type Claims = Readonly<Record<string, unknown>>

/** The questions that claims answer, in the order in which they are always shown. */
export const groupTitles: Readonly<Record<ClaimGroup, string>> = {
  who: 'Who called',
  'for-whom': 'For whom',
  'to-whom': 'To whom',
  'may-do': 'By which right',
  'agent-facets': 'Agent marks',
  issuer: 'Issued by',
  when: 'When',
  opaque: 'Internals',
}

export const groupOrder = Object.keys(groupTitles) as ClaimGroup[]

/** The claims that say who called, for whom and by which right; the others are details. */
export const mainClaims: ReadonlySet<string> = new Set([
  'azp',
  'appid',
  'azpacr',
  'appidacr',
  'oid',
  'idtyp',
  'sub',
  'acrs',
  'aud',
  'scp',
  'roles',
  'xms_act_fct',
  'xms_par_app_azp',
])

/** Names of claims in plain words. */
// biome-ignore format: table
export const plainClaimNames: ReadonlyMap<string, string> = new Map(Object.entries({
  azp: 'Client',
  appid: 'Client',
  azpacr: 'How the client authenticated',
  appidacr: 'How the client authenticated',
  app_displayname: 'Name of the client',
  iss: 'Issuer',
  idp: 'Who signed the user in',
  tid: 'Tenant',
  oid: 'Subject',
  sub: 'Subject, as this application knows it',
  idtyp: 'Kind of subject',
  name: 'Name of the user',
  preferred_username: 'Sign-in name',
  upn: 'Sign-in name',
  unique_name: 'Sign-in name',
  sid: 'Session of the sign-in',
  acct: 'Member or guest',
  amr: 'How the user signed in',
  acrs: 'Policies met at sign-in',
  aud: 'Audience',
  scp: 'Delegated right',
  roles: 'Right of its own',
  xms_act_fct: 'Kind of actor',
  xms_sub_fct: 'Kind of subject, as agents go',
  xms_tnt_fct: 'Kind of tenant',
  xms_idrel: 'Relation to the tenant',
  xms_par_app_azp: 'Blueprint of the actor',
  iat: 'Issued at',
  nbf: 'Not valid before',
  exp: 'Expires at',
  ver: 'Form of the token',
  uti: 'Id of the token',
}))

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
  return claimEntries.get(name)?.group ?? 'opaque'
}

export function claimMeaning(name: string): string | undefined {
  return claimEntries.get(name)?.meaning
}

/** One claim in words. What an id stands for depends on whose rights the token has. */
export function viewClaim(name: string, value: unknown, names: Names, card: TokenCard): ClaimView {
  const text = claimText(value)
  const seconds = groupOf(name) === 'when' || name === 'xms_tcdt' ? readNumericDate(value) : undefined
  return {
    name,
    text,
    time: seconds === undefined ? undefined : new Date(seconds * 1000),
    meaning: claimMeaning(name),
    standsFor: names.id(text) ?? toReader(tellSubject(name, card), names) ?? decodeNumbers(name, text),
  }
}

const claimSubjects: Readonly<Record<ActsAs, { readonly oid?: string; readonly sub?: string }>> = {
  agent: {},
  user: { oid: 'you', sub: 'you, as this application knows you' },
  'agent-user': {
    oid: 'the agent’s user account',
    sub: 'the agent’s user account, as this application knows it',
  },
}

function tellSubject(name: string, card: TokenCard): string | undefined {
  return name === 'oid' || name === 'sub' ? claimSubjects[actsAsOf(card)][name] : undefined
}

/** What the numbers of `xms_act_fct`, `xms_sub_fct` and `xms_idrel` mean; other numbers are to be ignored. */
const facetMeanings = { 11: 'agent identity', 13: 'agent user' }
const relationMeanings = { 1: 'member', 5: 'guest', 7: 'service principal', 33: 'federated managed identity' }
const authenticationMeanings = { 0: 'public client', 1: 'secret', 2: 'certificate or signed assertion' }
const codeMeanings: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  Object.entries({
    xms_act_fct: facetMeanings,
    xms_sub_fct: facetMeanings,
    xms_idrel: relationMeanings,
    azpacr: authenticationMeanings,
    appidacr: authenticationMeanings,
    idtyp: { user: 'a user', app: 'an application' },
  }),
)

function decodeNumbers(name: string, text: string): string | undefined {
  const known = new Map(Object.entries(codeMeanings.get(name) ?? {}))
  const words = text.split(' ').flatMap(number => known.get(number) ?? [])
  if (words.length > 0) return words.join(', ')
  return name === 'xms_sub_fct' ? 'no agent' : undefined
}

function claimText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(' ')
  return JSON.stringify(value)
}

/**
 * Whose rights a token has: as the agent reports for TR, otherwise as the claims say. The claims distinguish the agent's
 * user account from a user only if the API has requested the facets.
 */
export function actsAsOf({ actsAs, claims = {} }: TokenCard): ActsAs {
  if (actsAs) return actsAs
  const isForUser = claims['idtyp'] === 'user' || (claims['idtyp'] !== 'app' && 'scp' in claims)
  if (!isForUser) return 'agent'
  return String(claims['xms_sub_fct'] ?? '')
    .split(' ')
    .includes('13')
    ? 'agent-user'
    : 'user'
}
