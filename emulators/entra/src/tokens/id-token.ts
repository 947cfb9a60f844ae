import { createHash } from 'node:crypto'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { groupsClaim } from './access-token.ts'
import { type Claims, signToken } from './jwt.ts'
import { opaqueValue, pairwiseSubject } from './opaque.ts'

interface IdTokenRequest {
  readonly principal: ServicePrincipal
  /** The registration of the client; an agent identity has none. */
  readonly application: Application | undefined
  readonly user: User
  /** The session of the sign-in page; empty if the user did not sign in there. */
  readonly sessionId: string
  readonly nonce: string | undefined
  readonly openId: ReadonlySet<string>
  /** The code that the sign-in page returns beside the token, if it does: the token says which one it belongs to. */
  readonly code?: string | undefined
}

/** An ID token (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference). */
export async function issueIdToken(entra: Entra, request: IdTokenRequest): Promise<string> {
  const { principal, user, sessionId, nonce, openId, code } = request
  const clientId = principal.appId
  const { jwt } = await signToken(entra, {
    aud: clientId,
    iss: entra.issuerV2,
    aio: opaqueValue(24),
    ...(code === undefined ? {} : { c_hash: hashOf(code) }),
    ...(openId.has('email') ? { email: user.mail } : {}),
    login_hint: loginHintPrefix + Buffer.from(user.userPrincipalName).toString('base64url'),
    name: user.displayName,
    ...(nonce === undefined ? {} : { nonce }),
    ...claimsByChoice(entra, request),
    oid: user.id,
    preferred_username: user.userPrincipalName,
    rh: `1.${opaqueValue(30)}`,
    ...(sessionId === '' ? {} : { sid: sessionId }),
    sub: pairwiseSubject(entra.config.tenantId, user.id, clientId),
    tid: entra.config.tenantId,
    uti: opaqueValue(16),
    ver: '2.0',
  })
  return jwt
}

/** The claims that the application's registration asks for: roles and groups of the user, and optional claims. */
function claimsByChoice(entra: Entra, { application, principal, user }: IdTokenRequest): Claims {
  if (!application) return {}
  const roles = entra.directory.appRoles(user.id, { application, principal })
  const values: Claims = { acct: 0, email: user.mail, upn: user.userPrincipalName }
  const wanted = (application.optionalClaims?.idToken ?? []).filter(({ name }) => name in values)
  return {
    ...(roles.length > 0 ? { roles } : {}),
    ...groupsClaim(entra, application, user),
    ...Object.fromEntries(wanted.map(({ name }) => [name, values[name]])),
  }
}

/** The left half of a hash, in base64url (OpenID Connect Core §3.3.2.11). */
function hashOf(code: string): string {
  return createHash('sha256').update(code).digest().subarray(0, 16).toString('base64url')
}

/** The beginning of an opaque hint that clients send on sign-out or on the next sign-in. */
const loginHintPrefix = 'O.'

/** The user of a `login_hint` or `logout_hint`, which is a user name or the opaque hint. */
export function userOfHint(entra: Entra, hint: string | undefined): User | undefined {
  if (hint === undefined) return undefined
  const isOpaque = hint.startsWith(loginHintPrefix)
  const name = isOpaque ? Buffer.from(hint.slice(loginHintPrefix.length), 'base64url').toString() : hint
  return entra.directory.visitor(name)
}

/** `client_info`, by which MSAL distinguishes accounts. */
export function clientInfo(entra: Entra, user: User): string {
  return Buffer.from(JSON.stringify({ uid: user.id, utid: entra.config.tenantId })).toString('base64url')
}
