import { toProblem } from '@entra-agents/service-kit'
import { type Flow, flows, type TraceStep } from '@entra-agents/trace'
import { mayUseApi } from './agent-identity.ts'
import { findApi } from './api-url.ts'
import type { Caller } from './caller.ts'
import { type ApiFetchOptions, type FetchResult, fetchApi } from './downstream/api-fetch.ts'
import type { DownstreamApi } from './downstream-api.ts'
import { IdentityError } from './identity-error.ts'
import type { SignedInUser } from './signed-in-user.ts'

/** For whom, how and for how long an agent acts. */
export interface AsOptions {
  /** The user to act for. */
  readonly user?: SignedInUser | undefined
  /** Default: `obo` with a user, else `autonomous`. `agent-user` is the agent's own user account. No flow becomes another. */
  readonly flow?: Flow | undefined
  /** Ends everything that is under way, with its reason. */
  readonly signal?: AbortSignal | undefined
  /** A GUID that Entra's sign-in log and the log lines show. Default: a new one. */
  readonly correlationId?: string | undefined
  /** The claims challenge (JSON text) that the user has met since the last try, from an error's `claimsChallenge`. */
  readonly claims?: string | undefined
}

/** A token of the agent for one API, checked to be for this agent, API, tenant and user. */
export interface ApiToken {
  readonly value: string
  /** In milliseconds since 1970. */
  readonly expiresAt: number
  readonly claims: Readonly<Record<string, unknown>>
}

/** The steps of an acting agent, in the order in which they began. They hold claims and fingerprints of tokens, never a token. */
export interface IdentityTrace {
  readonly steps: readonly TraceStep[]
  /**
   * Calls `listener` with each step that begins or changes; a changed step has the id of the earlier one.
   *
   * @returns a function that ends it
   */
  subscribe(listener: (step: TraceStep) => void): () => void
}

/** What the trace shows of a step. */
export interface StepOptions {
  readonly title: string
  /** The tool that is called, with its arguments. */
  readonly tool?: TraceStep['tool']
  /** Whether what the work has thrown is no failure but a pause, such as LangGraph's `interrupt()`. */
  readonly isPause?: (thrown: unknown) => boolean
}

/** @internal What all acting agents of a client share. */
export interface ActingMeans extends ApiFetchOptions {
  readonly apis: readonly DownstreamApi[]
}

/** One agent in one turn: as itself, on behalf of one user, or as its own user account. */
export class ActingAgent<Apis extends string = string> {
  readonly #means: ActingMeans
  readonly #caller: Caller
  readonly #parentId: string | undefined
  readonly trace: IdentityTrace
  /** The agent's name in the options. */
  readonly name: string
  readonly flow: Flow
  readonly correlationId: string
  /** Object id of the user, or of the agent's own user account; `undefined` where the agent acts as itself. */
  readonly onBehalfOf: string | undefined

  /** @internal */
  constructor(means: ActingMeans, caller: Caller, trace: IdentityTrace, parentId?: string) {
    const { agent, flow, user, correlationId } = caller
    this.#means = means
    this.#caller = caller
    this.#parentId = parentId
    this.trace = trace
    this.name = agent.name
    this.flow = flow
    this.correlationId = correlationId
    this.onBehalfOf = flows[flow].actsAs === 'agent-user' ? agent.agentUserId : user?.objectId
  }

  /**
   * The standard `fetch` with the agent's token for the API that the URL belongs to, for every client that takes a `fetch` of one's own.
   * Redirects are not followed, and no other `Authorization` is sent.
   *
   * @returns the response, whatever its status
   * @throws {IdentityError} if there is no token, no response in time, or one that holds the token; reading a long body may throw it, too.
   *   {TypeError} if the URL belongs to none of the agent's APIs; no token has been asked for then
   * @example `const tasks = await (await agent.fetch('https://tasks.example/tasks')).json()`
   */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    (await this.#send(input, init)).response

  /**
   * As `fetch`, but a status of 400 and above is an error that says what it means for the agent: which right is missing, whether the user has
   * to authenticate more strongly, what to do.
   *
   * @throws {IdentityError} as `fetch`, and API_FORBIDDEN (with `needs`), CONDITIONAL_ACCESS_REQUIRED (with `claimsChallenge`),
   *   API_TOKEN_REJECTED, INVALID_REQUEST, API_UNAVAILABLE
   */
  readonly request = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { response, failure } = await this.#send(input, init)
    if (failure === undefined) return response
    await response.body?.cancel()
    throw IdentityError.of(failure)
  }

  /**
   * The agent's token for an API, for clients that take no `fetch`. Ask each time: the token source has the cache.
   *
   * @throws {IdentityError} if there is no token; {TypeError} if the agent has no such API
   */
  async token(name: Apis): Promise<ApiToken> {
    const api = this.#apis.find(known => known.name === name)
    if (!api) throw new TypeError(`The agent ${this.name} has no API ${name}.`)
    try {
      const context = this.#means.calls.for(this.#caller, this.#parentId)
      const { raw: value, claims } = await context.token(api)
      return { value, expiresAt: Number(claims['exp']) * 1000, claims }
    } catch (error) {
      throw IdentityError.of(error)
    }
  }

  /**
   * Runs work as one step of the trace, such as a call of a tool: what it does with the agent that it gets is shown below this step.
   *
   * @throws whatever the work throws; the step is shown as failed then, or as waiting if `isPause` says that the work will be done later
   */
  async step<Result>(
    { title, tool, isPause = () => false }: StepOptions,
    work: (agent: ActingAgent<Apis>) => Promise<Result>,
  ): Promise<Result> {
    const { trace, requestId } = this.#caller
    const step = trace.start({
      ...(this.#parentId === undefined ? {} : { parentId: this.#parentId }),
      kind: 'tool',
      from: 'agent',
      to: 'agent',
      title,
      ...(tool === undefined ? {} : { tool }),
    })
    try {
      const result = await work(new ActingAgent(this.#means, this.#caller, this.trace, step.id))
      step.ok()
      return result
    } catch (error) {
      if (isPause(error)) step.wait()
      else step.fail(toProblem(error).toDocument(requestId))
      throw error
    }
  }

  /** Ids only, so that loggers, checkpoints and LangSmith may have it. */
  toJSON() {
    const { name, flow, onBehalfOf, correlationId } = this
    return { agent: name, clientId: this.#caller.agent.clientId, flow, onBehalfOf, correlationId }
  }

  get #apis(): readonly DownstreamApi[] {
    return this.#means.apis.filter(api => mayUseApi(this.#caller.agent, api))
  }

  async #send(input: string | URL | Request, init: RequestInit | undefined): Promise<FetchResult> {
    const request = new Request(input, init)
    const api = findApi(new URL(request.url), this.#apis)
    try {
      return await fetchApi(this.#means, this.#caller, this.#parentId, api, request)
    } catch (error) {
      throw IdentityError.of(error)
    }
  }
}
