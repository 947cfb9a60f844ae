import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** An OpenID Connect issuer such as a cluster's, with its own key and published documents. */
export interface ForeignIssuer {
  readonly url: string
  /** The discovery document, which tests may change. */
  readonly discovery: Record<string, unknown>
  readonly keys: JWK[]
  /** Paths of the requests that the issuer received. */
  readonly seen: string[]
  /** If set, the status of every response, or that there is none. */
  failWith: number | 'hangs up' | undefined
  sign(claims: JWTPayload, kid?: string): Promise<string>
  /** Replaces the issuer's key, for signing and in the published documents. */
  rotate(kid: string): Promise<void>
  close(): Promise<void>
}

export async function startForeignIssuer(path = '/Cluster-1'): Promise<ForeignIssuer> {
  let current = await makeKey('first')
  const server = new LocalServer((request, response) => {
    issuer.seen.push(request.url ?? '')
    if (issuer.failWith === 'hangs up') return void request.socket.destroy()
    if (issuer.failWith !== undefined) response.statusCode = issuer.failWith
    const body = request.url?.endsWith('/jwks') ? { keys: issuer.keys } : issuer.discovery
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  const url = `${(await server.start()).url}${path}`
  const issuer: ForeignIssuer = {
    url,
    discovery: { issuer: url, jwks_uri: `${url.replace(/\/$/, '')}/jwks` },
    keys: [current.jwk],
    seen: [],
    failWith: undefined,
    sign: (claims, kid = current.kid) =>
      new SignJWT({ iss: url, ...claims }).setProtectedHeader({ alg: 'RS256', kid }).sign(current.privateKey),
    rotate: async kid => {
      current = await makeKey(kid)
      issuer.keys.splice(0, issuer.keys.length, current.jwk)
    },
    close: () => server.close(),
  }
  return issuer
}

async function makeKey(kid: string): Promise<{ kid: string; jwk: JWK; privateKey: CryptoKey }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } }
}
