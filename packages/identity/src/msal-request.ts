import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AuthenticationResult,
  ConfidentialClientApplication,
  type INetworkModule,
  type NodeAuthOptions,
} from '@azure/msal-node'
import { parseJson } from '@entra-agents/service-kit'
import type { Send } from '@entra-agents/service-kit/send'
import type { KeptToken } from './kept-tokens.ts'
import { explainCredentialError, explainEntraResponse, explainNoResponse } from './msal-failures.ts'
import type { TokenFailure } from './sidecar-failures.ts'
import type { TokenRequest } from './token-source.ts'

export type Credentials = Required<
  Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>
>

/** One token: who asks for it, how they authenticate, and by which method of msal-node. */
export interface MsalRequest {
  readonly clientId: string
  readonly auth: Partial<Credentials>
  acquire(client: ConfidentialClientApplication): Promise<AuthenticationResult | null>
}

/** The time limit of one request to Entra, in milliseconds. */
const requestTimeoutMs = 5_000
const maxBodyBytes = 256 * 1024
const maxAttempts = 3
/** How long before its expiry a token is used no more, as in msal-node. */
const renewalMs = 300_000

/**
 * Obtains one token, and tries again if that may help.
 *
 * @param retryMs how long to wait before the second attempt; before the third it is twice as long
 * @throws ProblemError of the identity codes, or the signal's reason
 */
export async function acquireToken(
  send: Send,
  request: TokenRequest,
  asked: MsalRequest,
  retryMs: number,
): Promise<KeptToken> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(send, request, asked)
    if ('raw' in outcome) return outcome
    const { signal } = request
    signal.throwIfAborted()
    if (!outcome.transient || attempt === maxAttempts) throw outcome.problem
    await sleep(retryMs * attempt, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/**
 * Asks by a client of its own, so that no cache of msal-node's is used: it keeps a token for each user, without a limit, and
 * refuses for a minute after a failure of Entra.
 */
async function tryOnce(
  send: Send,
  request: TokenRequest,
  { clientId, auth, acquire }: MsalRequest,
): Promise<KeptToken | TokenFailure> {
  let failure: TokenFailure | undefined
  const network = networkOf(send, request, found => {
    failure = found
  })
  try {
    const result = await acquire(createClient(request, clientId, auth, network))
    if (failure) return failure
    if (!result?.expiresOn) throw new TypeError('msal-node returned no token.')
    return { raw: result.accessToken, usableUntil: result.expiresOn.getTime() - renewalMs }
  } catch (error) {
    return failure ?? explainCredentialError(error)
  }
}

/** The network of one request, with its signal; tells why there is no token. */
function networkOf(
  send: Send,
  request: TokenRequest,
  failed: (failure: TokenFailure) => void,
): INetworkModule {
  const post: INetworkModule['sendPostRequestAsync'] = async (url, { headers = {}, body } = {}) => {
    const limits = { signal: request.signal, timeoutMs: requestTimeoutMs, maxBytes: maxBodyBytes }
    try {
      const response = await send({ url, method: 'POST', headers, body, ...limits })
      const answer = Object(parseJson(response.text))
      if (response.status !== 200 || !('access_token' in answer))
        failed(explainEntraResponse(response, request))
      return { status: response.status, headers: {}, body: answer }
    } catch (error) {
      failed(explainNoResponse(error, url))
      throw error
    }
  }
  const get = () => Promise.reject(new TypeError('Nothing is looked up: where Entra is, is told.'))
  return { sendGetRequestAsync: get, sendPostRequestAsync: post }
}

export function tokenEndpoint({ agent: { authority, tenantId } }: Pick<TokenRequest, 'agent'>): string {
  return `${authority}/${tenantId}/oauth2/v2.0/token`
}

/** A client that needs no request but that for the token: where Entra is, it is told. */
function createClient(
  request: TokenRequest,
  clientId: string,
  credentials: Partial<Credentials>,
  networkClient: INetworkModule,
): ConfidentialClientApplication {
  const { authority: origin, tenantId } = request.agent
  const authority = `${origin}/${tenantId}`
  const authorityMetadata = JSON.stringify({
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: tokenEndpoint(request),
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  })
  const knownAuthorities = [new URL(origin).host]
  return new ConfidentialClientApplication({
    auth: { clientId, authority, knownAuthorities, authorityMetadata, ...credentials },
    system: { networkClient },
  })
}
