import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { createSender, type Send } from '@entra-bedrock-agent/service-kit/send'
import { appAttributes, httpAttributes } from '@entra-bedrock-agent/telemetry'
import type { Attributes } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { DownstreamApi } from '../identity/downstream-api.ts'
import { subjectOf } from '../identity/flows.ts'
import { type ComponentHealth, HealthRecord } from '../status/health.ts'
import type { OpenStep, StepFacts } from '../turn/trace-recorder.ts'
import type { Caller } from '../turn/turn.ts'
import {
  echoedToken,
  explainApiResponse,
  explainThrown,
  unreadableResponse,
  unreadyApi,
} from './api-failures.ts'
import { holdsToken, redactBody } from './echoed-token.ts'
import { oncePerBrokenConnection } from './repeat.ts'
import {
  type ApiResponse,
  describeFailure,
  readApiProblem,
  readResponse,
  readValidated,
  type Validated,
} from './responses.ts'
import { obtainTracedToken, type TokenHolder, type TracedToken } from './token-steps.ts'

/** One call of an API. */
export interface ApiRequest<Body> {
  /** Path and query below the API's URL. */
  readonly path: string
  /** Sent as JSON by POST, to an address that searches and changes nothing: like a GET it may be repeated. Without it: GET. */
  readonly search?: object
  /** What is asked for, in the words of the trace. */
  readonly subject: string
  /** The step of the trace that the call belongs to. */
  readonly parentId?: string | undefined
  /** Tells whether a body is what the API promises. */
  readonly isBody: (body: unknown) => body is Body
  /** What the trace shows of such a body, where that is not all. */
  readonly show?: ((body: Body) => unknown) | undefined
  /** What a response that brings no such body means to these tools, where they know it better than every caller would. */
  readonly explain?: (response: ApiResponse) => ProblemError | undefined
  /** How it is sent, where that is neither one GET nor one search. */
  readonly post?: ApiPost
}

/** A call in a protocol of its own. It may change something, so it is never repeated. */
export interface ApiPost {
  /** What is sent, as far as the trace shows it. */
  readonly shown: unknown
  readonly facts: StepFacts
  /** Sends it with these headers, the token among them. A ProblemError that it throws is the call's failure. */
  send(send: Send, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ApiResponse>
}

/** Calls an API under the turn's identity. See `createApiCaller`. */
export type CallApi = <Body>(turn: Caller, api: DownstreamApi, request: ApiRequest<Body>) => Promise<Body>

export interface ApiCallerOptions {
  readonly agents: readonly AgentIdentity[]
  readonly apis: readonly DownstreamApi[]
  readonly tokens: AgentTokens
  readonly logger: FastifyBaseLogger
  /** How long one call may take. Default: 10 s. */
  readonly timeoutMs?: number | undefined
}

export interface ApiCaller {
  /**
   * Obtains TR for the turn's agent, flow and user and this API, checks it, calls the API and records token request,
   * token, call and the API's own validation in the turn's trace.
   *
   * @throws ProblemError of the identity codes, API_TOKEN_REJECTED, API_FORBIDDEN, API_UNAVAILABLE, API_ECHOED_TOKEN,
   *   INVALID_REQUEST, CONDITIONAL_ACCESS_REQUIRED, or what `explain` made of the response.
   */
  readonly call: CallApi
  /** What an agent's last call of an API, or the last look at it, showed. */
  healthOf(api: DownstreamApi, agent: AgentIdentity): ComponentHealth
  /** Looks at every API that tells its health, if the last look is old. Never throws. */
  refresh(): Promise<void>
  close(): Promise<void>
}

const connections = { connections: 128, connectTimeoutMs: 2_000 }
const maxBodyBytes = 256 * 1024
const lookIsFreshForMs = 5_000
/** A `/readyz` of 200 says nothing against these: only a call that succeeds does. */
const shownByCallsOnly = new Set<string | undefined>(['API_TOKEN_REJECTED', 'API_FORBIDDEN'])

/** Calls APIs under the agent's identity, and records every hop. */
export function createApiCaller(options: ApiCallerOptions): ApiCaller {
  const { agents, apis, tokens, logger, timeoutMs = 10_000 } = options
  const { send: sendRequest, close } = createSender(connections)
  const records = new Map<string, HealthRecord>()
  const attributesOf = new Map(apis.map(api => [api.name, describeApi(api)]))
  let lookedAtMs = Number.NEGATIVE_INFINITY

  /** One for each agent: an API may refuse one of them and take another. */
  function recordOf({ name }: DownstreamApi, { clientId }: AgentIdentity): HealthRecord {
    const key = `${clientId} ${name}`
    const record = records.get(key) ?? new HealthRecord()
    records.set(key, record)
    return record
  }

  async function call<Body>(turn: Caller, api: DownstreamApi, request: ApiRequest<Body>): Promise<Body> {
    const token = await obtainTracedToken(tokens, turn, api, request.parentId, logger)
    const health = recordOf(api, turn.agent)
    try {
      const send = () => callOnce(turn, api, request, token)
      const body = await (request.post ? send() : oncePerBrokenConnection(send, turn.signal))
      health.works()
      return body
    } catch (error) {
      turn.signal.throwIfAborted()
      const failure = explainThrown(api, error)
      if (failure.kind.status >= 500) health.fails(failure)
      else health.works()
      const { code, options } = failure
      const { correlationId } = turn
      logger.info({ api: api.name, correlationId, code, upstream: options.upstream }, 'An API call failed.')
      throw failure
    }
  }

  async function callOnce<Body>(
    turn: Caller,
    api: DownstreamApi,
    request: ApiRequest<Body>,
    token: TracedToken,
  ): Promise<Body> {
    const { step, response } = await send(turn, api, request, token)
    const { status, body, attributes } = response
    if (status === 200 && request.isBody(body)) {
      step.ok({ response: { status, body: request.show ? request.show(body) : body } }, attributes)
      const validated = readValidated(body)
      if (validated) noteValidation(turn, api, step.id, token, validated)
      return body
    }
    const failure =
      request.explain?.(response) ??
      (status === 200 ? unreadableResponse(api) : explainApiResponse(api, turn.flow, response))
    const told = readApiProblem(body)
    if (told.failedCheck) token.verifiedByApi([{ name: told.failedCheck, ok: false }])
    const shown = { status, body: describeFailure(body) }
    step.fail(failure.toDocument(turn.requestId), { response: shown }, attributes)
    throw failure
  }

  /** Sends the request as a step of the trace, which fails here if there is no response. */
  async function send(
    turn: Caller,
    api: DownstreamApi,
    request: Omit<ApiRequest<unknown>, 'isBody' | 'show'>,
    token: TracedToken,
  ): Promise<{ step: OpenStep; response: ApiResponse }> {
    const step = startStep(turn, api, request, token)
    const { traceparent } = step
    const authorized = {
      authorization: `Bearer ${token.value}`,
      accept: 'application/json',
      ...(traceparent === undefined ? {} : { traceparent }),
    }
    const { path, search, post } = request
    const secrets = secretsOf(turn, token)
    try {
      const response = await (post
        ? post.send(sendRequest, authorized, turn.signal)
        : read(`${api.url}${path}`, authorized, turn.signal, search))
      return { step, response: withoutTokens(api, response, secrets) }
    } catch (thrown) {
      // Whoever ends the turn also ends its steps, and knows why.
      turn.signal.throwIfAborted()
      const error = holdsToken(explainThrown(api, thrown).message, secrets) ? echoedToken(api) : thrown
      step.fail(explainThrown(api, error).toDocument(turn.requestId))
      throw error
    }
  }

  /** One GET, or one POST of a search. */
  async function read(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    search?: object,
  ): Promise<ApiResponse> {
    const limits = { maxBytes: maxBodyBytes, timeoutMs, signal }
    if (!search) return readResponse(await sendRequest({ url, headers, ...limits }))
    const body = JSON.stringify(search)
    const ofJson = { ...headers, 'content-type': 'application/json' }
    return readResponse(await sendRequest({ url, method: 'POST', headers: ofJson, body, ...limits }))
  }

  function startStep(
    turn: Caller,
    api: DownstreamApi,
    { path, search, subject, parentId, post }: Omit<ApiRequest<unknown>, 'isBody' | 'show'>,
    { fingerprint, logIds }: TracedToken,
  ): OpenStep {
    const method = post || search ? 'POST' : 'GET'
    const body = post ? post.shown : search
    const headers = { authorization: `Bearer TR ‹${fingerprint}›`, accept: 'application/json' }
    return turn.trace.start(
      {
        ...(parentId === undefined ? {} : { parentId }),
        kind: 'api-call',
        from: 'agent',
        to: api.name,
        title: `The agent calls the ${api.title}: ${subject}`,
        request: { method, url: `${api.url}${path}`, headers, ...(body === undefined ? {} : { body }) },
        logIds,
      },
      {
        name: `${method} ${api.name}`,
        ...post?.facts,
        attributes: { ...attributesOf.get(api.name), ...post?.facts.attributes },
      },
    )
  }

  async function lookAt(api: DownstreamApi): Promise<void> {
    if (api.healthPath === undefined) return
    const ofAgents = agents.map(agent => recordOf(api, agent))
    try {
      const { status } = await read(`${api.url}${api.healthPath}`, { accept: 'application/json' })
      for (const health of ofAgents) {
        if (status !== 200) health.fails(unreadyApi(api, status))
        else if (!shownByCallsOnly.has(health.current.problem?.code)) health.works()
      }
    } catch (error) {
      for (const health of ofAgents) health.fails(explainThrown(api, error))
    }
  }

  return {
    call,
    healthOf: (api, agent) => recordOf(api, agent).current,
    async refresh() {
      if (performance.now() - lookedAtMs < lookIsFreshForMs) return
      lookedAtMs = performance.now()
      await Promise.all(apis.map(lookAt))
    },
    close,
  }
}

/** What must reach neither model, page nor log, whoever sends it. */
function secretsOf({ user }: Caller, { value }: TracedToken): readonly string[] {
  return user ? [value, user.value] : [value]
}

/** What came, without what looks like a token. Throws API_ECHOED_TOKEN where a part of a secret is hidden in it. */
function withoutTokens(api: DownstreamApi, response: ApiResponse, secrets: readonly string[]): ApiResponse {
  const body = redactBody(response.body)
  if (holdsToken(body, secrets)) throw echoedToken(api, response.status)
  return { ...response, body }
}

/** Without the path, which may say what the user asked for. */
function describeApi({ name, url }: DownstreamApi): Attributes {
  const { hostname, port, protocol } = new URL(url)
  return {
    [httpAttributes.serverAddress]: hostname,
    [httpAttributes.serverPort]: Number(port) || (protocol === 'https:' ? 443 : 80),
    [appAttributes.api]: name,
  }
}

/** The API's own word on the token, held against the token itself: it may tell of somebody else. */
function noteValidation(
  turn: Caller,
  api: DownstreamApi,
  parentId: string,
  token: TracedToken,
  validated: Validated,
): void {
  const { flow, caller, on_behalf_of: user, signature_verified: signatureVerified, checks } = validated
  const step = { parentId, kind: 'validation', from: api.name, to: 'agent' } as const
  const mismatches = findMismatches(token.holder, validated)
  if (mismatches.length > 0) {
    turn.trace.note('failed', {
      ...step,
      title: `What the ${api.title} says of TR is not what TR says: ${mismatches.join(', ')}`,
      token: token.verifiedByApi(
        checks,
        mismatches.map(name => ({ name: `reported-${name}`, ok: false })),
      ),
    })
    return
  }
  turn.trace.note('ok', {
    ...step,
    title: [
      signatureVerified
        ? `The ${api.title} verified TR`
        : `The ${api.title} read TR without verifying its signature`,
      `agent ${caller} acts ${subjectOf(flow).inWords(user)}`,
    ].join(': '),
    token: token.verifiedByApi(checks),
  })
}

function findMismatches(holder: TokenHolder, told: TokenHolder): readonly string[] {
  const isSame = (a: string | null, b: string | null) => a?.toLowerCase() === b?.toLowerCase()
  return [
    ...(holder.flow === told.flow ? [] : ['flow']),
    ...(isSame(holder.caller, told.caller) ? [] : ['caller']),
    ...(isSame(holder.on_behalf_of, told.on_behalf_of) ? [] : ['user']),
  ]
}
