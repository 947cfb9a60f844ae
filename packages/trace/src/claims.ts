/** The group on a token card that a claim belongs to. */
export type ClaimGroup =
  | 'who'
  | 'for-whom'
  | 'to-whom'
  | 'may-do'
  | 'agent-facets'
  | 'issuer'
  | 'when'
  | 'opaque'

export interface ClaimMeaning {
  readonly group: ClaimGroup
  /** Whether it says who called, for whom or by which right; the other claims are details. */
  readonly isMain?: boolean
  /** Its name in plain words. */
  readonly name?: string
  /** One line, for a reader who does not know the claim. */
  readonly meaning: string
  /** What its values mean; other values are to be ignored. */
  readonly values?: Readonly<Record<string, string>>
  /** The claim of v2 tokens that says the same. */
  readonly inV2?: string
}

const facets = { 11: 'agent identity', 13: 'agent user' }
const relations = { 1: 'member', 5: 'guest', 7: 'service principal', 33: 'federated managed identity' }
const authentications = {
  0: 'no credential of its own',
  1: 'proved by a secret',
  2: 'proved by a signed assertion',
}

/**
 * The claims of Entra's tokens in words. Unknown claims are shown without words.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * @see https://learn.microsoft.com/entra/agent-id/agent-token-claims
 */
// biome-ignore format: table
export const claimDictionary: Readonly<Record<string, ClaimMeaning>> = {
  iss: { group: 'issuer', name: 'Issuer', meaning: 'The issuer: the Entra tenant that minted this token.' },
  azp: { group: 'who', isMain: true, name: 'Client', meaning: 'The client that asked for this token (v2 tokens): the actor.' },
  appid: { group: 'who', inV2: 'azp', isMain: true, name: 'Client', meaning: 'The client that asked for this token (v1 tokens): the actor.' },
  azpacr: { group: 'who', isMain: true, name: 'How the client authenticated', meaning: 'How that client authenticated: 0 public, 1 secret, 2 certificate or signed assertion.', values: authentications },
  appidacr: { group: 'who', inV2: 'azpacr', isMain: true, name: 'How the client authenticated', meaning: 'How that client authenticated: 0 public, 1 secret, 2 certificate or signed assertion.', values: authentications },
  app_displayname: { group: 'who', name: 'Name of the client', meaning: 'The display name of the client.' },
  tid: { group: 'issuer', name: 'Tenant', meaning: 'The tenant of the subject.' },
  idtyp: { group: 'for-whom', isMain: true, name: 'Kind of subject', meaning: 'app: nobody but the client itself; user: a user is the subject.', values: { user: 'a user', app: 'an application' } },
  oid: { group: 'for-whom', isMain: true, name: 'Subject', meaning: 'The object id of the subject: the user, or the agent itself when it acts alone.' },
  sub: { group: 'for-whom', isMain: true, name: 'Subject, as this application knows it', meaning: 'The subject. For a user it differs for every application (pairwise); compare users by oid.' },
  name: { group: 'for-whom', name: 'Name of the user', meaning: 'The display name of the user. Not for authorization.' },
  preferred_username: { group: 'for-whom', name: 'Sign-in name', meaning: 'The sign-in name of the user. It can change.' },
  upn: { group: 'for-whom', inV2: 'preferred_username', name: 'Sign-in name', meaning: 'The user principal name of the user (v1 tokens).' },
  unique_name: { group: 'for-whom', name: 'Sign-in name', meaning: 'The user by a name for people (v1 tokens). It can change.' },
  given_name: { group: 'for-whom', meaning: 'The first name of the user.' },
  family_name: { group: 'for-whom', meaning: 'The last name of the user.' },
  email: { group: 'for-whom', meaning: 'An address of the user. Not verified, so not for authorization.' },
  ipaddr: { group: 'for-whom', meaning: 'The network address from which the user signed in.' },
  acct: { group: 'for-whom', name: 'Member or guest', meaning: 'The account of the user in this tenant: 0 member, 1 guest.' },
  amr: { group: 'for-whom', name: 'How the user signed in', meaning: 'How the user signed in, such as pwd (password) or mfa.' },
  acrs: { group: 'for-whom', isMain: true, name: 'Policies met at sign-in', meaning: 'Authentication contexts whose policies the sign-in has met.' },
  sid: { group: 'for-whom', name: 'Session of the sign-in', meaning: 'The session in which the user signed in: the same in all tokens that came of that sign-in.' },
  xms_st: { group: 'for-whom', meaning: 'The user as the client’s own tokens name them (sub).' },
  aud: { group: 'to-whom', isMain: true, name: 'Audience', meaning: 'The audience: who may accept this token, and nobody else.' },
  scp: { group: 'may-do', isMain: true, name: 'Delegated right', meaning: 'Delegated permissions: what the client may do on behalf of the user.' },
  roles: { group: 'may-do', isMain: true, name: 'Right of its own', meaning: 'App roles: what the subject may do in its own right.' },
  wids: { group: 'may-do', meaning: 'Directory roles of the user.' },
  xms_act_fct: { group: 'agent-facets', isMain: true, name: 'Kind of actor', meaning: 'Facets of the actor, in any order. 11 = an agent identity, 13 = an agent user; other numbers may be ignored.', values: facets },
  xms_sub_fct: { group: 'agent-facets', name: 'Kind of subject, as agents go', meaning: 'Facets of the subject, in any order. 11 = an agent identity, 13 = an agent user, neither = somebody else, such as a signed-in user; other numbers may be ignored.', values: facets },
  xms_tnt_fct: { group: 'agent-facets', name: 'Kind of tenant', meaning: 'Facets of the tenant. What its numbers mean is not documented.' },
  xms_idrel: { group: 'agent-facets', name: 'Relation to the tenant', meaning: 'Relation of the subject to the tenant: 1 member, 5 guest, 7 service principal, 33 federated managed identity; other numbers may be ignored.', values: relations },
  xms_par_app_azp: { group: 'agent-facets', isMain: true, name: 'Blueprint of the actor', meaning: 'The blueprint of the acting agent. For audit, not for authorization.' },
  xms_ficinfo: { group: 'agent-facets', meaning: 'About the federated credential that was used.' },
  iat: { group: 'when', name: 'Issued at', meaning: 'Issued at. Entra ID dates it five minutes back, for clocks that are slow.' },
  nbf: { group: 'when', name: 'Not valid before', meaning: 'Not valid before. Entra ID dates it five minutes back, for clocks that are slow.' },
  exp: { group: 'when', name: 'Expires at', meaning: 'Expires at.' },
  ver: { group: 'opaque', name: 'Form of the token', meaning: 'The form of the token: 1.0 or 2.0, chosen by the API.' },
  aio: { group: 'opaque', meaning: 'Internal to Entra.' },
  rh: { group: 'opaque', meaning: 'Internal to Entra.' },
  uti: { group: 'opaque', name: 'Id of the token', meaning: 'The unique id of this token, for Entra’s logs.' },
  xms_ftd: { group: 'opaque', meaning: 'Internal to Entra.' },
  xms_rd: { group: 'opaque', meaning: 'Internal to Entra.' },
  xms_tcdt: { group: 'opaque', meaning: 'When the tenant was created, in seconds since 1970.' },
  idp: { group: 'for-whom', name: 'Who signed the user in', meaning: 'Who signed the subject in; for a guest it is not the issuer.' },
  xms_cc: { group: 'opaque', meaning: 'What the client can do. cp1 = it can respond to a claims challenge.' },
  puid: { group: 'opaque', meaning: 'An internal id of the user.' },
}

/** The end of the year 9999. */
const maxNumericDate = 253_402_300_799

/** A NumericDate claim (RFC 7519 §2) in seconds since 1970; `undefined` for everything that is not a date from 1970 to 9999. */
export function readNumericDate(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= maxNumericDate ? value : undefined
}
