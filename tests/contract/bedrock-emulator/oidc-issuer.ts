import type { RequestListener } from 'node:http'
import {
  type Claims,
  createSigningKey,
  signRs256,
} from '../../../packages/entra-tokens/src/testing/token-issuer.ts'
import { LocalServer } from '../../../packages/service-kit/src/testing/local-server.ts'

/** An OpenID Connect issuer like a Kubernetes cluster's: discovery document, key set, service account tokens. */
export interface OidcIssuer {
  /** With a trailing slash, as on AKS. */
  readonly issuer: string
  /** A token of the service account, with claims to replace; the value `undefined` removes a claim. */
  token(claims?: Claims): string
  /** Changes to a new signing key, which is published at once. */
  rotate(): void
  /** A token that is signed with a key that is never published. */
  forge(claims?: Claims): string
  /** Lets this listener respond to all requests, until called with `undefined`. */
  respondWith(listener: RequestListener | undefined): void
  close(): Promise<void>
}

export const subject = 'system:serviceaccount:entra-bedrock-agent:agent'

export async function startIssuer(): Promise<OidcIssuer> {
  let key = createSigningKey()
  const published = [key]
  const unpublished = createSigningKey()
  let override: RequestListener | undefined
  const server = new LocalServer((request, response) => {
    if (override) return override(request, response)
    const keys = published.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: 'RS256',
      use: 'sig',
    }))
    const documents: Readonly<Record<string, unknown>> = {
      '/cluster/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}openid/v1/jwks` },
      '/cluster/openid/v1/jwks': { keys },
    }
    const document = documents[request.url ?? '']
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  const issuer = `${(await server.start()).url}/cluster/`

  function claimsWith(claims: Claims): Claims {
    const now = Math.floor(Date.now() / 1000)
    return {
      iss: issuer,
      sub: subject,
      aud: ['sts.amazonaws.com'],
      iat: now - 10,
      nbf: now - 10,
      exp: now + 3_600,
      ...claims,
    }
  }

  return {
    issuer,
    token: (claims = {}) => signRs256({ alg: 'RS256', kid: key.kid }, claimsWith(claims), key),
    forge: (claims = {}) => signRs256({ alg: 'RS256', kid: key.kid }, claimsWith(claims), unpublished),
    rotate() {
      key = createSigningKey()
      published.push(key)
    },
    respondWith(listener) {
      override = listener
    },
    close: () => server.close(),
  }
}
