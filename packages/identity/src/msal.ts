import type { NodeAuthOptions } from '@azure/msal-node'
import { createSender } from '@entra-agents/service-kit/send'
import { type Flow, flows, tokenExchangeUri } from '@entra-agents/trace'
import { flowRules } from './flows.ts'
import { KeptTokens } from './kept-tokens.ts'
import { acquireToken, type MsalRequest, tokenEndpoint } from './msal-request.ts'
import { type IdentityTiming, identityTiming } from './timing.ts'
import type { ObtainedToken, TokenRequest, TokenSource } from './token-source.ts'

/** How the blueprint authenticates: exactly one of msal-node's own options. */
export type MsalCredential =
  | Required<Pick<NodeAuthOptions, 'clientSecret'>>
  | Required<Pick<NodeAuthOptions, 'clientCertificate'>>
  | Required<Pick<NodeAuthOptions, 'clientAssertion'>>

/** What else `msal` can be told. */
export interface MsalOptions {
  /** @internal Tests have shorter times. */
  readonly timing?: IdentityTiming
}

const exchangeScope = `${tokenExchangeUri}/.default`

/**
 * msal-node in this process as token source, without a sidecar: the blueprint's credential is then in the memory of the agent's process.
 * Needs the package `@azure/msal-node`. Goes through the proxy of `HTTPS_PROXY`.
 *
 * @param credential a function as `clientAssertion` suits workload identity (it reads the token file) and managed identity
 * @throws {TypeError} if there is not exactly one credential
 * @example `msal({ clientAssertion: () => readFile(process.env.AZURE_FEDERATED_TOKEN_FILE, 'utf8') })`
 */
export function msal(
  credential: MsalCredential,
  { timing: { tokenRetryMs } = identityTiming }: MsalOptions = {},
): TokenSource {
  if (Object.values(credential).filter(Boolean).length !== 1)
    throw new TypeError('msal needs exactly one of clientSecret, clientCertificate and clientAssertion.')
  const { send, close } = createSender({ connections: 64, connectTimeoutMs: 2_000 })
  const kept = new KeptTokens()

  async function requestToken(request: TokenRequest): Promise<ObtainedToken> {
    const { agent, flow, isNew = false, claims, user, signal, correlationId } = request
    const { clientId } = agent
    const common = { correlationId, skipCache: true }
    const exchanged: { readonly role: 'T1' | 'T2'; readonly raw: string }[] = []
    let attempts = 0

    /** T1 or T2, which all users of the agent share. */
    async function exchange(
      role: 'T1' | 'T2',
      by: MsalRequest['auth'],
      signal: AbortSignal,
    ): Promise<string> {
      const named = role === 'T1' ? { fmiPath: clientId } : {}
      const raw = await kept.get([role, tokenEndpoint(request), clientId], isNew, signal, shared =>
        acquireToken(
          send,
          { ...request, signal: shared },
          {
            clientId: role === 'T1' ? agent.blueprintAppId : clientId,
            auth: by,
            acquire: client =>
              client.acquireTokenByClientCredential({ ...common, ...named, scopes: [exchangeScope] }),
          },
          tokenRetryMs,
        ),
      )
      exchanged.push({ role, raw })
      return raw
    }

    async function obtain(signal: AbortSignal) {
      const auth = { clientAssertion: await exchange('T1', credential, signal) }
      const assertion = flowRules[flow].needsT2 ? await exchange('T2', auth, signal) : ''
      const asked = { ...common, scopes: [scopeOf(request)], ...(claims === undefined ? {} : { claims }) }
      return acquireToken(
        send,
        { ...request, signal },
        {
          clientId,
          auth,
          acquire(client) {
            attempts += 1
            const account = { userObjectId: agent.agentUserId ?? '' }
            const ways: Readonly<Record<Flow, () => ReturnType<MsalRequest['acquire']>>> = {
              autonomous: () => client.acquireTokenByClientCredential(asked),
              obo: () => client.acquireTokenOnBehalfOf({ ...asked, oboAssertion: user?.raw ?? '' }),
              'agent-user': () =>
                client.acquireTokenByUserFederatedIdentityCredential({ ...asked, ...account, assertion }),
            }
            return ways[flow]()
          },
        },
        tokenRetryMs,
      )
    }

    // A token that has to prove something new is asked for each time.
    const isKept = claims === undefined
    const what = ['TR', tokenEndpoint(request), clientId, flow, scopeOf(request), user?.raw]
    const raw = isKept ? await kept.get(what, isNew, signal, obtain) : (await obtain(signal)).raw
    return { raw, attempts, exchanged }
  }

  return {
    actor: 'agent',
    requestToken,
    urlOf: tokenEndpoint,
    async close() {
      kept.clear()
      await close()
    },
  }
}

function scopeOf({ flow, api: { appId, scope = '.default' } }: TokenRequest): string {
  return `api://${appId}/${flows[flow].right === 'scope' ? scope : '.default'}`
}
