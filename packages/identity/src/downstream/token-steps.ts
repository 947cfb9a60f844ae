import { toProblem } from '@entra-agents/service-kit'
import { appAttributes, httpAttributes } from '@entra-agents/telemetry'
import {
  type Check,
  type Flow,
  flows,
  type LogIds,
  type TokenCard,
  type TraceStep,
  tokenExchangeAudience,
  tokenExchangeUri,
} from '@entra-agents/trace'
import { type AgentToken, describeToken } from '../agent-token.ts'
import type { AgentTokens } from '../agent-tokens.ts'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { flowRules } from '../flows.ts'
import type { Log } from '../log.ts'
import { SidecarResponseError } from '../sidecar-failures.ts'
import type { TokenRequest } from '../token-source.ts'
import type { ApiValidation } from './responses.ts'

/** TR and its step in the trace. */
export interface TokenStep {
  readonly token: AgentToken
  /** The ids by which Entra's sign-in log knows the token. */
  readonly logIds: LogIds
  /** Flow, agent and user of the token, to be compared with an API's `validated`. */
  readonly holder: TokenHolder
  /** Adds to the token's card the checks that the API reports, and the agent's own checks of what the API reports. */
  verifiedByApi(checks: readonly Check[], ofItsWord?: readonly Check[]): TokenCard
}

export type TokenHolder = Pick<ApiValidation, 'flow' | 'caller' | 'on_behalf_of'>

type ShownRequest = NonNullable<TraceStep['request']>

const exchangeScope = `${tokenExchangeUri}/.default`
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface TokenStepOptions extends Pick<TokenRequest, 'isNew' | 'claims'> {
  /** The step of the trace that the token request belongs to. */
  readonly parentId: string | undefined
  readonly logger: Log
  /** Whether the token is asked for before there is a call that takes it. */
  readonly isAhead?: boolean
  /** A request ahead of several calls, which gives all of them the token. */
  readonly joined?: Promise<AgentToken>
}

/** A token that was asked for. */
export interface AskedToken {
  /**
   * Waits for the token and records it below the step of the call that needs it. The first call also gets the step of the
   * request, further ones a step that joins it. Throws why there is no token.
   */
  take(parentId: string | undefined): Promise<TokenStep>
  /** Ends the step of a request that still runs if no call has taken the token. */
  leave(): void
}

/**
 * Obtains TR for a turn and records the request, the hidden hops behind it, and the token. A line in the audit log says which
 * agent asked, on whose behalf, for which API, and which token it got or why it got none; ids only.
 */
export function obtainToken(
  tokens: AgentTokens,
  turn: Caller,
  api: DownstreamApi,
  options: TokenStepOptions,
): Promise<TokenStep> {
  return askForToken(tokens, turn, api, options).take(options.parentId)
}

/** Asks for TR as `obtainToken` does. A failure is not thrown before a call takes the token. */
export function askForToken(
  tokens: AgentTokens,
  turn: Caller,
  api: DownstreamApi,
  options: TokenStepOptions,
): AskedToken {
  const { parentId, logger, isNew = false, claims, isAhead = false, joined } = options
  const { flow, correlationId } = turn
  const { asksFor, route, dropsCorrelationId } = flowRules[flow]
  const { to, inWords, name } = askedBy[tokens.actor]
  const asSeenByEntra = (id: string): LogIds =>
    dropsCorrelationId && to === 'sidecar' ? {} : { correlationId: id }
  const title = `The agent asks ${inWords} for ${asksFor}, for the ${api.title}${isNew ? ', past its cache' : ''}${claims ? ', that proves what the API asked for' : ''}${isAhead ? ', ahead of the call' : ''}`
  const { agent, user, signal } = turn
  const asked = { agent, flow, user, correlationId, signal, api, traceparent: undefined, isNew, claims }
  const ahead = isAhead ? { ahead: true as const } : {}
  const audited = { ...describeCaller(turn), api: api.name, ...ahead }
  const request = describeRequest(tokens, asked)
  const step = turn.trace.start(
    {
      ...(parentId === undefined ? {} : { parentId }),
      ...ahead,
      kind: 'token-request',
      from: 'agent',
      to,
      title,
      request,
      logIds: asSeenByEntra(correlationId),
    },
    {
      name: name(route),
      attributes: {
        [httpAttributes.method]: request.method,
        [appAttributes.api]: api.name,
        [appAttributes.flow]: flow,
      },
    },
  )
  let isTaken = false
  const use = () => (isAhead && !isTaken ? ({ unused: true } as const) : {})
  const waitForToken = async () => {
    let token: AgentToken
    try {
      token = await (joined ?? tokens.obtain({ ...asked, traceparent: step.traceparent }))
    } catch (error) {
      // The code that aborts the turn also ends its steps, with the reason.
      signal.throwIfAborted()
      const failure = toProblem(error)
      const { cause, upstream } = failure.options
      step.fail(failure.toDocument(turn.requestId), {
        ...use(),
        logIds: {
          ...(upstream?.correlationId
            ? { correlationId: upstream.correlationId }
            : asSeenByEntra(correlationId)),
          ...(upstream?.requestId ? { entraRequestId: upstream.requestId } : {}),
        },
        ...(cause instanceof SidecarResponseError ? { response: { status: cause.status } } : {}),
      })
      logger.warn({ audit: 'refused', reason: failure.code, ...audited }, 'Token refused.')
      throw error
    }
    logger.info({ audit: 'issued', ...audited, ...logIdsOf(token) }, 'Token issued.')
    const isShared = token.correlationId !== correlationId
    const isRenewed = token.isNew && !isNew
    step.ok({
      ...use(),
      title: `${title}${joined ? ', together with the request ahead of the calls' : describeAttempts(token, isShared, isRenewed)}`,
      request: describeRequest(tokens, { ...asked, correlationId: token.correlationId, isNew: token.isNew }),
      response: { status: 200, body: describeAnswer(tokens, token) },
      logIds: { ...asSeenByEntra(token.correlationId), ...logIdsOf(token) },
    })
    return token
  }
  const obtained = waitForToken()
  // Whoever takes the token learns of a failure.
  obtained.catch(() => {})
  return {
    async take(takenBy) {
      const isFurther = isTaken
      isTaken = true
      if (isFurther) {
        const further = { ...options, parentId: takenBy, isAhead: false, joined: obtained }
        return obtainToken(tokens, turn, api, further)
      }
      if (isAhead) turn.trace.use(step.id, takenBy)
      const token = await obtained
      if (to === 'sidecar') noteHiddenHops(turn, api, step.id, claims)
      else noteExchanged(turn, token, step.id)
      return noteToken(turn, api, token, {
        ...(takenBy === undefined ? {} : { parentId: takenBy }),
        from: to,
      })
    },
    leave() {
      if (!isTaken) step.leave()
    },
  }
}

/** Who calls for whom, in the audit log. */
export function describeCaller({ agent, user, flow, correlationId }: Caller) {
  return {
    agent: agent.name,
    caller: agent.clientId,
    onBehalfOf: user?.objectId,
    agentUser: flows[flow].actsAs === 'agent-user' ? agent.agentUserId : undefined,
    flow,
    correlationId,
  }
}

/** Whom the agent asks for its token. */
const askedBy = {
  sidecar: { to: 'sidecar', inWords: 'its sidecar', name: (route: string) => `GET ${route}/{api}` },
  agent: { to: 'entra', inWords: 'Entra', name: () => 'POST /oauth2/v2.0/token' },
} as const

function describeRequest(tokens: AgentTokens, asked: TokenRequest): ShownRequest {
  const url = tokens.urlOf(asked)
  if (tokens.actor === 'agent') return { method: 'POST', url, headers: {}, body: exchangeOf(asked) }
  const { user } = asked
  return { method: 'GET', url, headers: user ? { authorization: `Bearer Tc ‹${user.fingerprint}›` } : {} }
}

/** The ids by which Entra's sign-in log knows the token. */
function logIdsOf({ claims: { uti } }: AgentToken): LogIds {
  return typeof uti === 'string' ? { tokenId: uti } : {}
}

function describeAnswer({ actor }: AgentTokens, { fingerprint }: AgentToken): object {
  return actor === 'sidecar'
    ? { authorizationHeader: `Bearer TR ‹${fingerprint}›` }
    : { token_type: 'Bearer', access_token: `TR ‹${fingerprint}›` }
}

function describeAttempts({ attempts }: AgentToken, isShared: boolean, isRenewed: boolean): string {
  if (attempts === 0) return ', and has it from before'
  if (isShared) return ', together with an equal request under way'
  if (isRenewed) return `, ${attempts} times, at last past its cache, whose token had expired`
  return attempts > 1 ? `, ${attempts} times` : ''
}

/** Notes the sidecar's requests to Entra as not observable. The agent cannot see whether the sidecar used its cache instead. */
function noteHiddenHops(
  { agent, flow, trace }: Caller,
  api: DownstreamApi,
  parentId: string,
  claims: string | undefined,
): void {
  const { authority, tenantId, blueprintAppId, clientId } = agent
  const { exchanged, needsT2 } = flowRules[flow]
  const url = `${authority}/${tenantId}/oauth2/v2.0/token`
  const note = (what: string, body: Readonly<Record<string, string>>, token?: TokenCard) =>
    trace.note('not-observable', {
      parentId,
      kind: 'token-request',
      from: 'sidecar',
      to: 'entra',
      title: `Inside the sidecar: ${what}`,
      request: { method: 'POST', url, headers: {}, body },
      ...(token ? { token } : {}),
    })
  const exchangeToken = (role: 'T1' | 'T2', azp: string, sub: string) =>
    ({
      role,
      observed: false,
      claims: { aud: tokenExchangeAudience, azp, sub, tid: tenantId, idtyp: 'app' },
    }) as const
  const byT1 = authenticationByT1(agent)
  note(
    'the blueprint authenticates and gets T1 for this agent, or has it in its cache',
    {
      grant_type: 'client_credentials',
      client_id: blueprintAppId,
      client_credential: 'held by the sidecar alone',
      fmi_path: clientId,
      scope: exchangeScope,
    },
    // The two `…` stand for tenant and blueprint, which the subject of T1 contains in an encoded form.
    exchangeToken('T1', blueprintAppId, `/eid1/c/pub/t/…/a/…/${clientId}`),
  )
  if (needsT2)
    note(
      'T1 is exchanged for T2, the agent’s own exchange token, or T2 is in its cache',
      { grant_type: 'client_credentials', ...byT1, scope: exchangeScope },
      exchangeToken('T2', clientId, clientId),
    )
  note(
    `${exchanged} exchanged for TR, or the sidecar has TR in its cache`,
    exchangeOf({ agent, flow, api, claims }),
  )
}

/** Notes the tokens that the agent itself got on the way to TR. */
function noteExchanged({ trace }: Caller, { exchanged }: AgentToken, parentId: string): void {
  for (const token of exchanged)
    trace.note('ok', {
      parentId,
      kind: 'token',
      from: 'entra',
      to: 'agent',
      title:
        token.role === 'T1' ? 'T1: the blueprint lets this agent act' : 'T2: the agent’s own exchange token',
      token,
    })
}

const authenticationByT1 = ({ clientId }: Caller['agent']) => ({
  client_id: clientId,
  client_assertion_type: jwtBearer,
  client_assertion: 'T1',
})

/** The form by which TR is got for T1; other tokens in it are named, not shown. */
function exchangeOf({ agent, flow, api, claims }: Pick<TokenRequest, 'agent' | 'flow' | 'api' | 'claims'>) {
  return {
    ...flowRules[flow].fields(agent),
    ...authenticationByT1(agent),
    scope: scopeOf(api, flow),
    ...(claims === undefined ? {} : { claims }),
  }
}

/** The scopes that the sidecar requests for the API; with a delegated scope it also requests those of OpenID Connect. */
function scopeOf({ appId, scope = '.default' }: DownstreamApi, flow: Flow): string {
  return flows[flow].right === 'scope'
    ? `api://${appId}/${scope} offline_access openid profile`
    : `api://${appId}/.default`
}

function noteToken(
  turn: Caller,
  api: DownstreamApi,
  token: AgentToken,
  parent: { readonly parentId?: string; readonly from: string },
): TokenStep {
  const { claims } = token
  const caller = String(claims['azp'] ?? claims['appid'])
  const rules = flowRules[turn.flow]
  const onBehalfOf = rules.onBehalfOf(claims)
  const card = describeToken({ role: 'TR', actsAs: flows[turn.flow].actsAs }, token)
  const amend = turn.trace.note('ok', {
    ...parent,
    kind: 'token',
    to: 'agent',
    title: `TR: agent ${caller} acts ${rules.inWords(onBehalfOf)}`,
    token: card,
  })
  return {
    token,
    logIds: logIdsOf(token),
    holder: { flow: turn.flow, caller, on_behalf_of: onBehalfOf },
    verifiedByApi(found, ofItsWord = []) {
      const byApi = { actor: api.name, checks: found.map(({ name, ok }) => ({ name, ok })) }
      const afterwards = ofItsWord.length > 0 ? [{ actor: 'agent', checks: [...ofItsWord] }] : []
      const verified = { ...card, verifiedBy: [...(card.verifiedBy ?? []), byApi, ...afterwards] }
      amend({ token: verified })
      return verified
    },
  }
}
