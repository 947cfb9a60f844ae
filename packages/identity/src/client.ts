import { createFetch } from '@entra-agents/service-kit/fetch'
import { needsUser, type TraceStep } from '@entra-agents/trace'
import { ActingAgent, type ActingMeans, type AsOptions } from './acting-agent.ts'
import { type AgentIdentity, mayUseApi } from './agent-identity.ts'
import { noteSignIn } from './agent-token.ts'
import { type AgentTokens, createAgentTokens } from './agent-tokens.ts'
import { betweenTurns, type Caller } from './caller.ts'
import { type ApiCaller, createApiCaller } from './downstream/api-caller.ts'
import type { ApiContext } from './downstream/api-context.ts'
import type { DownstreamApi } from './downstream-api.ts'
import { createEntraReach } from './entra-reach.ts'
import { IdentityError } from './identity-error.ts'
import { noLog } from './log.ts'
import { type IdentityClientOptions, readOptions } from './options.ts'
import { SignedInUser } from './signed-in-user.ts'
import { identityTiming } from './timing.ts'
import { TraceRecorder } from './trace-recorder.ts'
import { createUserTokenVerifier, type UserTokenVerifier } from './user-token.ts'

/** A request as any server has it, or the value of its `Authorization` header. */
export type UserRequest =
  | string
  | undefined
  | {
      readonly headers:
        | Iterable<readonly [string, string]>
        | Readonly<Record<string, string | readonly string[] | undefined>>
      readonly rawHeaders?: readonly string[]
    }

/**
 * Obtains agents' tokens and calls APIs with them. One for each process: it keeps connections.
 *
 * @throws {TypeError} for options that cannot be right, such as an id that is no GUID
 * @example
 * const identity = createIdentityClient({
 *   tenantId, blueprintAppId,
 *   agents: { clerk: { clientId } },
 *   apis: { 'tasks-api': { url: 'https://tasks.example', appId } },
 *   tokens: sidecar({ url: 'http://localhost:5000' }),
 * })
 * const agent = identity.as('clerk', { user: await identity.user(request) })
 * const response = await agent.fetch('https://tasks.example/tasks')
 */
export function createIdentityClient<const Agents extends string, const Apis extends string>(
  options: IdentityClientOptions<Agents, Apis>,
): IdentityClient<Agents, Apis> {
  return new IdentityClient(options)
}

/** See `createIdentityClient`. */
export class IdentityClient<Agents extends string = string, Apis extends string = string>
  implements AsyncDisposable
{
  readonly #agents: readonly AgentIdentity[]
  readonly #apis: readonly DownstreamApi[]
  readonly #users: UserTokenVerifier
  readonly #tokens: AgentTokens
  readonly #calls: ApiCaller
  readonly #means: ActingMeans
  readonly #closables: readonly { close(): Promise<void> }[]

  /** @internal */
  constructor(options: IdentityClientOptions<Agents, Apis>) {
    const { tokens: source, allowedClients = [], log: logger = noLog, timing = identityTiming } = options
    const { blueprint, agents, apis } = readOptions(options)
    const entra = createEntraReach(blueprint)
    this.#agents = agents
    this.#apis = apis
    this.#users = createUserTokenVerifier({ blueprint, allowedClients, log: logger })
    this.#tokens = createAgentTokens({ source, agents, apis, logger, timing, lookAtEntra: entra.look })
    this.#calls = createApiCaller({ agents, apis, tokens: this.#tokens, logger, timing })
    const { fetch, close } = createFetch({ connectTimeoutMs: 2_000 })
    this.#means = { calls: this.#calls, apis, fetch, timeoutMs: timing.apiCallMs }
    this.#closables = [this.#tokens, entra, this.#users, this.#calls, { close }]
  }

  /**
   * Verifies a user's token for the blueprint (Tc).
   *
   * @throws {IdentityError} SIGN_IN_REQUIRED without a token; USER_TOKEN_INVALID, USER_TOKEN_EXPIRED, USER_TOKEN_WRONG_AUDIENCE,
   *   USER_TOKEN_SCOPE_MISSING; ENTRA_UNAVAILABLE if Entra's keys are out of reach
   */
  async user(from: UserRequest): Promise<SignedInUser> {
    try {
      return new SignedInUser(await this.#users.verify(from))
    } catch (error) {
      throw IdentityError.of(error)
    }
  }

  /**
   * An agent that acts, as itself or on behalf of `user`. Make one for each request or turn of a conversation.
   *
   * @throws {TypeError} if there is no such agent, or it lacks the flow
   */
  as(name: Agents, options: AsOptions = {}): ActingAgent<Apis> {
    const { user: signedIn, flow = signedIn ? 'obo' : 'autonomous', claims } = options
    const agent = this.#agents.find(known => known.name === name)
    if (!agent?.flows.includes(flow)) throw new TypeError(`There is no agent ${name} with the flow ${flow}.`)
    const listeners = new Set<(step: TraceStep) => void>()
    const trace = new TraceRecorder(step => {
      for (const listener of listeners) listener(step)
    })
    const user = signedIn && needsUser(flow) ? SignedInUser.tokenOf(signedIn) : undefined
    if (user) noteSignIn(trace, user)
    const idle = betweenTurns(agent, flow)
    const { correlationId = idle.correlationId, signal = idle.signal } = options
    const caller: Caller = { ...idle, correlationId, user, signal, trace, claims }
    return new ActingAgent(this.#means, caller, {
      get steps() {
        return trace.steps
      },
      subscribe(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    })
  }

  /** Asks for the tokens that need no user, at most once in 5 s, and says what is wrong. For readiness probes. Never rejects. */
  async check(): Promise<{ readonly ok: boolean; readonly errors: readonly IdentityError[] }> {
    await Promise.all([this.#tokens.refresh(), this.#calls.refresh()])
    const { sidecar, flowsOf } = this.#tokens.health
    const ofAgents = this.#agents.flatMap(agent => [
      ...agent.flows.map(flow => flowsOf(agent)[flow]),
      ...this.#apis.filter(api => mayUseApi(agent, api)).map(api => this.#calls.healthOf(api, agent)),
    ])
    const problems = [sidecar, ...ofAgents].flatMap(({ problem }) => problem ?? [])
    const different = new Map(problems.map(problem => [`${problem.code} ${problem.message}`, problem]))
    const errors = [...different.values()].map(problem => new IdentityError(problem))
    return { ok: errors.length === 0, errors }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#closables.map(one => one.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal The context of a turn: the same calls, with what this repository's tools need besides, such as permits. */
  for<Who extends Caller>(turn: Who): ApiContext<Who> {
    return this.#calls.for(turn)
  }

  /** @internal What the last calls and checks showed. */
  get health() {
    const { sidecar, flowsOf, sidecarNeedsRestart } = this.#tokens.health
    return { sidecar, flowsOf, sidecarNeedsRestart, ofApi: this.#calls.healthOf }
  }
}
