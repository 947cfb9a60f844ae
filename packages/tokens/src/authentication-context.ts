import type { Claims } from './decode-token.ts'

/**
 * The authentication contexts of Conditional Access that a user's token proves: the claim `acrs` lists those whose policies
 * the user met (https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context).
 * `undefined` if the claim is no list of texts.
 */
export function readContexts({ acrs = [] }: Claims): readonly string[] | undefined {
  return Array.isArray(acrs) && acrs.every(one => typeof one === 'string') ? acrs : undefined
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
