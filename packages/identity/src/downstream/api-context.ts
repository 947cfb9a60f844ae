import type { ProblemError } from '@entra-agents/service-kit'
import type { Send } from '@entra-agents/service-kit/send'
import { appAttributes, httpAttributes } from '@entra-agents/telemetry'
import type { Attributes } from '@opentelemetry/api'
import type { AgentToken } from '../agent-token.ts'
import type { AgentTokens } from '../agent-tokens.ts'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import type { Log } from '../log.ts'
import type { OpenStep, StepFacts } from '../trace-recorder.ts'
import {
  echoedTokenProblem,
  explainApiResponse,
  explainStepUp,
  explainThrown,
  isForLackOfRight,
  isRefusalOfCachedToken,
  lackOfScope,
  unreadableResponseProblem,
  withoutHeldRight,
} from './api-failures.ts'
import type { ApiHealth } from './api-health.ts'
import { type ApprovedCall, sendAndNote } from './call-progress.ts'
import { holdsToken, redactBody } from './echoed-token.ts'
import type { Renewals } from './renewals.ts'
import { repeatAfterBrokenConnection } from './repeat.ts'
import { type ApiResponse, describeFailure, type Reply, readFailedChecks, readResponse } from './responses.ts'
import {
  type AskedToken,
  askForToken,
  describeCaller,
  obtainToken,
  type TokenStep,
  type TokenStepOptions,
} from './token-steps.ts'
import { noteValidation } from './validation.ts'

/** One request for JSON. */
export interface ApiRequest<Body> {
  /** Path and query below the API's URL. */
  readonly path: string
  /** A search, sent as JSON by POST. It changes nothing, so it may be repeated like a GET. Without it, the request is a GET. */
  readonly search?: object
  /** What is asked for, in the words of the trace. */
  readonly subject: string
  /** Whether a body is what the API promises. */
  readonly isBody: (body: unknown) => body is Body
  /** Explains a response of another status or body than promised; `undefined` stands for the explanation that all APIs share. */
  readonly explain?: (response: ApiResponse) => ProblemError | undefined
}

/** One request that changes what the API keeps. */
export interface ApiChange<Body> extends Omit<ApiRequest<Body>, 'search'> {
  readonly method: 'POST' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: object
  /** The HTTP statuses that say that the change is done. */
  readonly statuses: readonly number[]
}

/** A request or a change, as it is sent. */
interface JsonRequest<Body> extends Omit<ApiChange<Body>, 'method' | 'body'> {
  readonly method: 'GET' | ApiChange<Body>['method']
  readonly body?: object | undefined
  readonly mayRepeat: boolean
  /** Set for a change. */
  readonly permit?: Permit
}

/** What lets a tool change something by one call, which the user has approved or the agent may make on its own. */
export interface Permit extends ApprovedCall {
  /** The key, which is the same each time this call is sent. */
  readonly idempotencyKey: string
  /** The claims challenge (JSON text) that the token has to satisfy, if the API sent one. */
  readonly claims?: string | undefined
}

/** One request in any protocol: how it is sent, how its response is read, and what the trace shows. */
export interface ApiExchange<Came extends Reply, Result> {
  readonly subject: string
  /** The request, as far as the trace shows it. */
  readonly shown: {
    readonly method: string
    readonly path: string
    readonly body?: unknown
  }
  readonly facts?: StepFacts
  /** Whether the request changes nothing, so that it may be sent again if its connection broke. */
  readonly mayRepeat: boolean
  /** Sends the request with these headers, token included. An error that `send` throws counts as the failure of the request. */
  send(headers: Readonly<Record<string, string>>, signal: AbortSignal, send: Send): Promise<Came>
  /**
   * Reads the result, and what the trace shows of it. Tokens have been taken out of the body. Throws a ProblemError for a
   * failure.
   */
  read(came: Came): { readonly result: Result; readonly shown: unknown }
}

/** What the contexts of all turns share. */
export interface ApiContextOptions {
  readonly tokens: AgentTokens
  readonly logger: Log
  readonly timeoutMs: number
  readonly send: Send
  readonly health: ApiHealth
  readonly renewals: Renewals
}

const maxBodyBytes = 256 * 1024
const acceptHeader = { accept: 'application/json' }

/** The one way to call APIs: under the identity of one turn, or of the agent between turns. */
export class ApiContext<Who extends Caller = Caller> {
  readonly turn: Who
  readonly #means: ApiContextOptions
  readonly #parentId: string | undefined
  readonly #permit: Permit | undefined
  /** The tokens that were asked for ahead; the same for all contexts of a turn. */
  readonly #ahead: Map<DownstreamApi, AskedToken>

  constructor(
    means: ApiContextOptions,
    turn: Who,
    parentId: string | undefined,
    permit?: Permit,
    ahead = new Map<DownstreamApi, AskedToken>(),
  ) {
    this.#means = means
    this.turn = turn
    this.#parentId = parentId
    this.#permit = permit
    this.#ahead = ahead
  }

  /** Writes a line about a call of a tool into the audit log: names, codes and ids, no arguments. */
  audit(
    audit: 'tool-not-offered' | 'tool-refused' | 'outcome-unknown',
    call: Readonly<Record<string, unknown>>,
  ): void {
    this.#means.logger.warn({ audit, ...describeCaller(this.turn), ...call }, 'Call of a tool failed.')
  }

  /** A context for calls that the trace shows below a step. It gets a permit if the step may change something. */
  under(parentId: string, permit?: Permit): ApiContext<Who> {
    return new ApiContext(this.#means, this.turn, parentId, permit, this.#ahead)
  }

  /**
   * The permit to change something at an API.
   *
   * @throws {Error} if there is no permit, because the tool is declared as one that only reads
   */
  get permit(): Permit {
    if (!this.#permit) throw new Error('This call changes something, and nothing permits it.')
    return this.#permit
  }

  /** Asks for TR for calls that are about to come. Until `leaveAhead`, calls of the API take it, or the failure if there is one. */
  askAhead(api: DownstreamApi): void {
    if (!this.#ahead.has(api))
      this.#ahead.set(api, askForToken(this.#means.tokens, this.turn, api, this.#options({ isAhead: true })))
  }

  /** Forgets the tokens that were asked for ahead: later calls ask for themselves. */
  leaveAhead(): void {
    for (const asked of this.#ahead.values()) asked.leave()
    this.#ahead.clear()
  }

  /** Obtains and checks TR for this API, as every call does. @throws ProblemError of the identity codes */
  async token(api: DownstreamApi): Promise<AgentToken> {
    return (await this.#obtain(api, false)).token
  }

  /**
   * Obtains TR, as a call of the API would, and checks that it has the scope that such a call needs. Calls of the API take this token
   * until `leaveAhead`. Without a known scope nothing is asked for.
   *
   * @param scope if it is not that of the API's `permissions`
   * @throws ProblemError of the identity codes, and API_FORBIDDEN if TR lacks the scope, also past the sidecar's cache
   */
  async requireScope(api: DownstreamApi, scope = api.permissions?.scope): Promise<void> {
    if (scope === undefined) return
    this.askAhead(api)
    const { token } = await this.#obtain(api, false)
    const lack = lackOfScope(api, scope, token)
    if (lack && lackOfScope(api, scope, (await this.#renew(api, token, lack)).token)) throw lack
  }

  /**
   * Asks an API for JSON by one GET, or one POST of a search.
   *
   * @throws ProblemError as `authorised` does, or the one that `explain` made of the response
   */
  call<Body>(api: DownstreamApi, { search, ...request }: ApiRequest<Body>): Promise<Body> {
    const method = search ? 'POST' : 'GET'
    return this.#ask(api, { ...request, method, body: search, statuses: [200], mayRepeat: true })
  }

  /**
   * Asks an API for a change, under the permit of this context. The request has an `Idempotency-Key`,
   * and is sent again if its connection broke and the API does the change only once.
   *
   * @throws ProblemError as `call` does, and also STEP_UP_REQUIRED and STEP_UP_NOT_CARRIED
   */
  change<Body>(api: DownstreamApi, request: ApiChange<Body>): Promise<Body> {
    const { permit } = this
    return this.#ask(api, { ...request, mayRepeat: permit.isIdempotent, permit })
  }

  #ask<Body>(api: DownstreamApi, request: JsonRequest<Body>): Promise<Body> {
    const { method, path, body, subject, statuses, mayRepeat, permit, isBody, explain } = request
    const { timeoutMs } = this.#means
    const content = body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    return this.authorised<ApiResponse, Body>(api, {
      subject,
      mayRepeat,
      shown: { method, path, ...(body ? { body } : {}) },
      async send(given, signal, send) {
        const key = permit && { 'idempotency-key': `"${permit.idempotencyKey}"` }
        const headers = { ...given, ...key, ...content?.headers }
        const limits = { maxBytes: maxBodyBytes, timeoutMs, signal }
        const request = { url: `${api.url}${path}`, method, headers, body: content?.body, ...limits }
        return readResponse(await (permit ? sendAndNote(permit, send, request) : send(request)))
      },
      read: response => {
        const { status, body } = response
        const isDone = statuses.includes(status)
        if (isDone && isBody(body)) return { result: body, shown: body }
        const otherwise = isDone
          ? unreadableResponseProblem(api, status)
          : explainApiResponse(api, this.turn.flow, response)
        throw explain?.(response) ?? otherwise
      },
    })
  }

  /**
   * Obtains TR for this API and the turn's agent, flow and user, checks it, and sends a request under it. Records token
   * request, token, call and the API's own validation in the turn's trace. If Entra or the API wants more of the user
   * than TR proves (a step-up), this throws CONDITIONAL_ACCESS_REQUIRED.
   *
   * @throws ProblemError of the identity codes, API_TOKEN_REJECTED, API_FORBIDDEN, API_UNAVAILABLE, API_ECHOED_TOKEN,
   *   INVALID_REQUEST, CONDITIONAL_ACCESS_REQUIRED (with a permit: STEP_UP_REQUIRED, STEP_UP_NOT_CARRIED), or what the exchange threw.
   */
  async authorised<Came extends Reply, Result>(
    api: DownstreamApi,
    exchange: ApiExchange<Came, Result>,
  ): Promise<Result> {
    const { turn } = this
    const { logger, health } = this.#means
    const send = (issued: TokenStep) => {
      const attempt = () => this.#attempt(api, exchange, issued)
      return exchange.mayRepeat ? repeatAfterBrokenConnection(attempt, turn.signal) : attempt()
    }
    const issued = await this.#obtain(api, false)
    const record = health.of(api, turn.agent)
    try {
      const result = await send(issued).catch(async error =>
        send(await this.#renew(api, issued.token, error)),
      )
      record.works()
      return result
    } catch (error) {
      turn.signal.throwIfAborted()
      const failure = this.#permit
        ? explainStepUp(api, explainThrown(api, error), this.#claims)
        : explainThrown(api, error)
      if (failure.kind.status >= 500) record.fails(failure)
      else record.works()
      const { code, options } = failure
      const { correlationId } = turn
      logger.info({ api: api.name, correlationId, code, upstream: options.upstream }, 'An API call failed.')
      throw failure
    }
  }

  get #claims(): string | undefined {
    return this.#permit?.claims ?? this.turn.claims
  }

  #obtain(api: DownstreamApi, isNew: boolean): Promise<TokenStep> {
    // A token asked for ahead is not past the sidecar's cache, and does not prove what the API has asked for since.
    const ahead = isNew || this.#permit?.claims ? undefined : this.#ahead.get(api)
    return ahead
      ? ahead.take(this.#parentId)
      : obtainToken(this.#means.tokens, this.turn, api, this.#options({ isNew }))
  }

  #options(more: Pick<TokenStepOptions, 'isNew' | 'isAhead'>): TokenStepOptions {
    return { parentId: this.#parentId, logger: this.#means.logger, claims: this.#claims, ...more }
  }

  /** Obtains a token that the API may accept after it refused one of the cache. @throws the refusal if there is none */
  async #renew(api: DownstreamApi, refused: AgentToken, refusal: unknown): Promise<TokenStep> {
    // Asked for a new token past the sidecar's cache, Entra issues one, or says that the agent is disabled.
    if (isRefusalOfCachedToken(refusal)) return this.#obtain(api, true)
    if (!isForLackOfRight(refusal, api, this.turn.flow)) throw refusal
    // Calls that come now must not take the refused token.
    this.#ahead.get(api)?.leave()
    this.#ahead.delete(api)
    const { renewals } = this.#means
    const renewed = await renewals.renew(this.turn, api, refused, isNew => this.#obtain(api, isNew))
    if (!renewed) throw refusal
    return renewed
  }

  /** Sends the request once, as one step of the trace. */
  async #attempt<Came extends Reply, Result>(
    api: DownstreamApi,
    exchange: ApiExchange<Came, Result>,
    issued: TokenStep,
  ): Promise<Result> {
    const { turn } = this
    const step = this.#startStep(api, exchange, issued)
    const { raw } = issued.token
    const secrets = turn.user ? [raw, turn.user.raw] : [raw]
    let came: Came | undefined
    try {
      const { traceparent } = step
      const headers = { authorization: `Bearer ${raw}`, ...acceptHeader, ...(traceparent && { traceparent }) }
      const received = await exchange.send(headers, turn.signal, this.#means.send)
      const body = redactBody(received.body)
      if (holdsToken(body, secrets)) throw echoedTokenProblem(api, received.status)
      came = { ...received, body }
      const { result, shown } = exchange.read(came)
      step.ok({ response: { status: came.status, body: shown } }, came.attributes)
      noteValidation(turn, api, step.id, issued, came.body)
      return result
    } catch (thrown) {
      // Whoever aborts the turn also ends its open steps, with the reason.
      turn.signal.throwIfAborted()
      const error = holdsToken(explainThrown(api, thrown).message, secrets)
        ? echoedTokenProblem(api)
        : withoutHeldRight(thrown, issued.token.claims)
      const checks = readFailedChecks(came?.body)
      if (checks.length > 0) issued.verifiedByApi(checks)
      const response = came && { status: came.status, body: describeFailure(came.body) }
      const shown = explainThrown(api, error).toDocument(turn.requestId)
      step.fail(shown, response && { response }, came?.attributes)
      throw error
    }
  }

  #startStep(
    api: DownstreamApi,
    { subject, shown, facts }: Pick<ApiExchange<Reply, unknown>, 'subject' | 'shown' | 'facts'>,
    { token, logIds }: TokenStep,
  ): OpenStep {
    const { method, path, body } = shown
    const headers = { authorization: `Bearer TR ‹${token.fingerprint}›`, ...acceptHeader }
    return this.turn.trace.start(
      {
        ...(this.#parentId === undefined ? {} : { parentId: this.#parentId }),
        kind: 'api-call',
        from: 'agent',
        to: api.name,
        title: `The agent calls the ${api.title}: ${subject}`,
        request: { method, url: `${api.url}${path}`, headers, ...(body === undefined ? {} : { body }) },
        logIds,
      },
      {
        name: `${method} ${api.name}`,
        ...facts,
        attributes: { ...describeApi(api), ...facts?.attributes },
      },
    )
  }
}

/** The API's span attributes, without the path, which may say what the user asked for. */
function describeApi({ name, url }: DownstreamApi): Attributes {
  const { hostname, port, protocol } = new URL(url)
  return {
    [httpAttributes.serverAddress]: hostname,
    [httpAttributes.serverPort]: Number(port) || (protocol === 'https:' ? 443 : 80),
    [appAttributes.api]: name,
  }
}
