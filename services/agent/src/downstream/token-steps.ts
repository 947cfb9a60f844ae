import type { TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { toProblem } from '@entra-bedrock-agent/service-kit'
import type { AgentToken, AgentTokens } from '../identity/agent-tokens.ts'
import { SidecarAnswerError } from '../identity/sidecar-failures.ts'
import type { Turn } from '../turn/turn.ts'

/** What the protocol says about the hops between sidecar and Entra, which nobody but those two sees. */
export interface ProtocolFacts {
  /** Entra's origin, without a trailing slash. */
  readonly authority: string
  readonly tenantId: string
  readonly blueprintAppId: string
  readonly agentClientId: string
  readonly weatherApiAppId: string
}

/** TR with its card in the trace. */
export interface TracedToken {
  readonly value: string
  readonly fingerprint: string
  /** Adds to the card what the weather API found out about the token. */
  verifiedByWeatherApi(checks: { readonly name: string; readonly ok: boolean }[]): TokenCard
}

type Request = NonNullable<TraceStep['request']>
type Verification = NonNullable<TokenCard['verifiedBy']>[number]

/** The audience of T1: the application AzureADTokenExchange, the same in every tenant. */
const tokenExchangeAudience = 'fb60f99c-7a34-4190-8149-302f77469936'
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Obtains TR for a turn and records the request, the hidden hops behind it, and the token. */
export async function obtainTracedToken(
  tokens: AgentTokens,
  turn: Turn,
  facts: ProtocolFacts,
  parentId: string | undefined,
): Promise<TracedToken> {
  const parent = parentId === undefined ? {} : { parentId }
  const title =
    turn.flow === 'obo'
      ? 'The agent asks its sidecar for a token to act for the signed-in person'
      : 'The agent asks its sidecar for a token of its own'
  const step = turn.trace.start({
    ...parent,
    kind: 'token-request',
    from: 'agent',
    to: 'sidecar',
    title,
    request: describeRequest(tokens, turn),
  })
  let token: AgentToken
  try {
    token = await tokens.obtain(turn)
  } catch (error) {
    // Whoever ends the turn also ends its steps, and knows why.
    turn.signal.throwIfAborted()
    const failure = toProblem(error)
    const { cause } = failure.options
    step.fail(
      failure.toDocument(turn.requestId),
      cause instanceof SidecarAnswerError ? { response: { status: cause.status } } : {},
    )
    throw error
  }
  noteHiddenHops(turn, facts, step.id)
  step.ok({
    title: `${title}${remark(token, turn)}`,
    request: describeRequest(tokens, { ...turn, correlationId: token.correlationId }),
    response: { status: 200, body: { authorizationHeader: `Bearer TR ‹${token.fingerprint}›` } },
  })
  return noteToken(turn, token, parent)
}

function describeRequest(tokens: AgentTokens, turn: Turn): Request {
  const { flow, user, traceparent } = turn
  return {
    method: 'GET',
    url: tokens.urlOf(turn),
    headers: {
      ...(flow === 'obo' && user ? { authorization: `Bearer Tc ‹${user.fingerprint}›` } : {}),
      ...(traceparent ? { traceparent } : {}),
    },
  }
}

function remark({ attempts, correlationId }: AgentToken, turn: Turn): string {
  if (correlationId !== turn.correlationId) return ', together with an equal request under way'
  return attempts > 1 ? `, ${attempts} times` : ''
}

/** The sidecar may also have answered from its cache; from outside that looks the same. */
function noteHiddenHops(turn: Turn, facts: ProtocolFacts, parentId: string): void {
  const { authority, tenantId, blueprintAppId, agentClientId, weatherApiAppId } = facts
  const hop = { parentId, kind: 'token-request', from: 'sidecar', to: 'entra' } as const
  const request = { method: 'POST', url: `${authority}/${tenantId}/oauth2/v2.0/token`, headers: {} }
  turn.trace.note('not-observable', {
    ...hop,
    title: 'Inside the sidecar: the blueprint proves itself and gets T1 for this agent, or has it still',
    request: {
      ...request,
      body: {
        grant_type: 'client_credentials',
        client_id: blueprintAppId,
        client_credential: 'held by the sidecar alone',
        fmi_path: agentClientId,
        scope: 'api://AzureADTokenExchange/.default',
      },
    },
    token: {
      role: 'T1',
      observed: false,
      claims: { aud: tokenExchangeAudience, azp: blueprintAppId, tid: tenantId, idtyp: 'app' },
    },
  })
  const scope = `api://${weatherApiAppId}/.default`
  const asAgent = { client_id: agentClientId, client_assertion_type: jwtBearer, client_assertion: 'T1' }
  turn.trace.note('not-observable', {
    ...hop,
    title:
      turn.flow === 'obo'
        ? 'Inside the sidecar: T1 and Tc are exchanged for TR, or it has TR still'
        : 'Inside the sidecar: T1 is exchanged for TR, or it has TR still',
    request: {
      ...request,
      body:
        turn.flow === 'obo'
          ? {
              grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
              requested_token_use: 'on_behalf_of',
              ...asAgent,
              assertion: 'Tc',
              scope: `${scope} offline_access openid profile`,
            }
          : { grant_type: 'client_credentials', ...asAgent, scope },
    },
  })
}

function noteToken(turn: Turn, token: AgentToken, parent: { parentId?: string }): TracedToken {
  const { value, fingerprint, header, claims, checks } = token
  const byAgent: Verification = { actor: 'agent', checks: [...checks] }
  const card: TokenCard = {
    role: 'TR',
    observed: true,
    fingerprint,
    header: { ...header },
    claims: { ...claims },
    verifiedBy: [byAgent],
  }
  const amend = turn.trace.note('ok', {
    ...parent,
    kind: 'token',
    from: 'sidecar',
    to: 'agent',
    title:
      turn.flow === 'obo'
        ? `TR: agent ${claims['azp'] ?? claims['appid']} acts on behalf of person ${claims['oid']}`
        : `TR: agent ${claims['azp'] ?? claims['appid']} acts as itself`,
    token: card,
  })
  return {
    value,
    fingerprint,
    verifiedByWeatherApi(found) {
      const verified: TokenCard = {
        ...card,
        verifiedBy: [byAgent, { actor: 'weather-api', checks: found.map(({ name, ok }) => ({ name, ok })) }],
      }
      amend({ token: verified })
      return verified
    },
  }
}
