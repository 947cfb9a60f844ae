import type { Claims } from './decode-token.ts'
import { TokenRefused } from './token-refused.ts'

/**
 * Whether a user's token proves an authentication context of Conditional Access: the claim `acrs` lists the contexts whose
 * policies the user met (https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context).
 *
 * @throws {TokenRefused} if `acrs` is no list of texts
 */
export function provesContext({ acrs = [] }: Claims, context: string): boolean {
  if (!Array.isArray(acrs) || !acrs.every(one => typeof one === 'string'))
    throw new TokenRefused('context', 'The acrs claim is not a list of texts.')
  return acrs.includes(context)
}

/**
 * The challenge by which an API demands a context: clients have their user sign in again with `claims`
 * (https://learn.microsoft.com/entra/identity-platform/claims-challenge). The challenge is sent even if the
 * token does not say that its client understands challenges (`xms_cc`), since agents cannot declare this.
 *
 * @param realm the tenant's id
 */
export function describeContextChallenge(authority: string, realm: string, context: string): string {
  const claims = { access_token: { acrs: { essential: true, value: context } } }
  const encoded = Buffer.from(JSON.stringify(claims)).toString('base64')
  return `Bearer realm="${realm}", authorization_uri="${authority}/${realm}/oauth2/v2.0/authorize", error="insufficient_claims", claims="${encoded}"`
}
