import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { signToken } from './jwt.ts'
import { opaqueValue, pairwiseSubject } from './opaque.ts'

interface IdTokenRequest {
  readonly clientId: string
  readonly user: User
  /** The session of the sign-in page; empty if the user did not sign in there. */
  readonly sessionId: string
  readonly nonce: string | undefined
  readonly openId: ReadonlySet<string>
}

/** An ID token (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference). */
export async function issueIdToken(entra: Entra, request: IdTokenRequest): Promise<string> {
  const { clientId, user, sessionId, nonce, openId } = request
  const { jwt } = await signToken(entra, {
    aud: clientId,
    iss: entra.issuerV2,
    aio: opaqueValue(24),
    ...(openId.has('email') ? { email: user.mail } : {}),
    login_hint: loginHintOf(user),
    name: user.displayName,
    ...(nonce === undefined ? {} : { nonce }),
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

const loginHintPrefix = 'O.'

/** An opaque hint that clients send on sign-out or on the next sign-in. */
function loginHintOf(user: User): string {
  return `${loginHintPrefix}${Buffer.from(user.userPrincipalName).toString('base64url')}`
}

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
