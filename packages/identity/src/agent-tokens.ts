import { randomUUID } from 'node:crypto'
import { isProblem, LinkedAbort, SharedRequests } from '@entra-agents/service-kit'
import { decodeToken, fingerprint } from '@entra-agents/tokens/verify'
import { flowNames, needsUser, type TokenCard } from '@entra-agents/trace'
import { acceptAgentToken, clockHint, isExpiry } from './accept-agent-token.ts'
import { type AgentIdentity, mayUseApi } from './agent-identity.ts'
import type { AgentToken } from './agent-token.ts'
import type { DownstreamApi } from './downstream-api.ts'
import type { EntraReachability } from './entra-reach.ts'
import { IdentityHealthRecord } from './identity-health.ts'
import type { Log } from './log.ts'
import { identityProblem } from './problems.ts'
import { type IdentityTiming, identityTiming } from './timing.ts'
import type { TokenRequest, TokenSource } from './token-source.ts'

export interface AgentTokensOptions {
  readonly source: TokenSource
  /** The agents and APIs for which `refresh` obtains tokens. */
  readonly agents: readonly AgentIdentity[]
  readonly apis: readonly DownstreamApi[]
  readonly logger: Log
  /** Whether Entra is within reach; called when the sidecar fails and Entra may be the cause. */
  readonly lookAtEntra: () => Promise<EntraReachability>
  readonly timing?: IdentityTiming
}

export type AgentTokens = ReturnType<typeof createAgentTokens>

const probeIsFreshForMs = 5_000
const silentEntraHint =
  'Usually Entra does not respond to the sidecar: check its egress to the host of AzureAd__Instance (login.microsoftonline.com) on port 443.'

/** Obtains the agent's tokens from their source, and checks each. */
export function createAgentTokens(options: AgentTokensOptions) {
  const { source, agents, apis, logger, lookAtEntra, timing = identityTiming } = options
  const { tokenDeadlineMs } = timing
  const requests = new SharedRequests<AgentToken>()
  const health = new IdentityHealthRecord(agents)
  let probe: Promise<unknown> | undefined
  /** When the last probe began. */
  let probedAtMs = Number.NEGATIVE_INFINITY

  /**
   * Obtains TR. Every call asks the sidecar, which has the cache; equal calls under way are joined.
   *
   * @throws ProblemError of the identity codes, or the signal's reason.
   */
  function obtain(request: TokenRequest): Promise<AgentToken> {
    const { agent, flow, api, signal, isNew = false, claims } = request
    const user = needsUser(flow) ? request.user : undefined
    if (needsUser(flow) && !user) {
      return Promise.reject(identityProblem('SIGN_IN_REQUIRED', 'Acting for a user needs their token.'))
    }
    // The whole Tc is part of the key: with a shorter fingerprint, two users might share an entry.
    const key = JSON.stringify([
      agent.clientId,
      flow,
      api.name,
      api.sidecarEntries[flow],
      user?.raw,
      isNew,
      claims,
    ])
    return requests.join(key, signal, shared => obtainAndRecord({ ...request, user, signal: shared }))
  }

  async function obtainAndRecord(request: TokenRequest): Promise<AgentToken> {
    const { flow, api, correlationId, signal } = request
    const startedMs = performance.now()
    using limit = new LinkedAbort(signal)
    limit.after(tokenDeadlineMs, () => limit.abort(lateProblem(source, tokenDeadlineMs)))
    try {
      const token = await obtainUnexpired({ ...request, signal: limit.signal })
      health.tokenObtained(request)
      logger.debug({ flow, api: api.name, correlationId, attempts: token.attempts }, 'The agent has a token.')
      return token
    } catch (failure) {
      const error = await findCause(failure)
      if (isProblem(error) && !signal.aborted) {
        health.tokenFailed(request, error, startedMs)
        const { code, options, message } = error
        const durationMs = Math.round(performance.now() - startedMs)
        const { upstream } = options
        logger.warn({ flow, api: api.name, correlationId, code, upstream, durationMs }, message)
      }
      throw error
    }
  }

  /** Asks once past the sidecar's cache if the token has expired on arrival: it may be in the cache since a clock was wrong. */
  async function obtainUnexpired(request: TokenRequest, before = 0): Promise<AgentToken> {
    const { isNew = false, user, correlationId } = request
    const { raw, attempts: latest, exchanged = [] } = await source.requestToken(request)
    const attempts = before + latest
    try {
      const accepted = acceptAgentToken(raw, { ...request, userId: user?.objectId })
      const seen = { fingerprint: fingerprint(raw), exchanged: exchanged.map(describeSeen) }
      return { raw, ...seen, ...accepted, attempts, isNew, correlationId }
    } catch (error) {
      if (isNew || !isExpiry(error)) throw inWordsOf(source, error)
      return obtainUnexpired({ ...request, isNew: true }, attempts)
    }
  }

  /** Finds out why the sidecar failed: its response is the same whether Entra is out of reach or its own credential fails. */
  async function findCause(failure: unknown): Promise<unknown> {
    const code = isProblem(failure) ? failure.code : ''
    if (code !== 'SIDECAR_FAILED' && code !== 'ENTRA_UNAVAILABLE') return failure
    const reach = await lookAtEntra()
    if (isProblem(reach)) return reach
    if (reach === 'responds' || code === 'ENTRA_UNAVAILABLE') return failure
    return identityProblem('ENTRA_UNAVAILABLE', 'Neither the sidecar nor the agent reaches Entra.', {
      upstream: { service: 'entra' },
      cause: failure,
    })
  }

  async function probeNow(): Promise<void> {
    probedAtMs = performance.now()
    const { signal } = new AbortController()
    const common = { traceparent: undefined, user: undefined, signal } as const
    const withoutUser = flowNames.filter(flow => !needsUser(flow))
    const asked = agents.flatMap(agent =>
      apis
        .filter(api => mayUseApi(agent, api))
        .flatMap(api =>
          withoutUser
            .filter(flow => agent.flows.includes(flow) && api.flows.includes(flow))
            .map(flow => ({ ...common, agent, flow, api })),
        ),
    )
    // Failures are recorded in the health.
    await Promise.allSettled(asked.map(one => obtain({ ...one, correlationId: randomUUID() })))
    probe = undefined
  }

  return {
    obtain,
    actor: source.actor,
    urlOf: source.urlOf,
    /** What the last token requests and probes showed. If only a restart of the sidecar helps, the problem's hint says so. */
    get health() {
      return health.current
    },
    /**
     * Probes again if the last probe is old: for each agent, API and flow without a user it asks the sidecar for a token, which
     * the sidecar usually has in its cache. Never throws. For start-up, readiness probes and the status.
     */
    async refresh() {
      if (!probe && performance.now() - probedAtMs < probeIsFreshForMs) return
      probe ??= probeNow()
      await probe
    },
    close: source.close,
  }
}

function lateProblem({ actor }: TokenSource, deadlineMs: number) {
  const who = actor === 'sidecar' ? 'The sidecar is alive but' : 'Entra has been asked, but the agent'
  return identityProblem('ENTRA_UNAVAILABLE', `${who} had no token after ${deadlineMs} ms.`, {
    upstream: { service: actor === 'sidecar' ? 'sidecar' : 'entra' },
    hint: actor === 'sidecar' ? silentEntraHint : undefined,
  })
}

/** What a trace shows of a token that goes to nobody but Entra, which alone checks it. */
function describeSeen({ role, raw }: { readonly role: 'T1' | 'T2'; readonly raw: string }): TokenCard {
  const { header = {}, claims = {} } = decodeToken(raw) ?? {}
  return { role, observed: true, fingerprint: fingerprint(raw), header: { ...header }, claims: { ...claims } }
}

/** What is wrong with a token of this source: the words of the check are those for the sidecar. */
function inWordsOf({ actor }: TokenSource, error: unknown): unknown {
  if (actor === 'sidecar' || !isProblem(error)) return error
  const { message, options } = error
  return identityProblem('ENTRA_REFUSED', message.replace(/^The sidecar/, 'Entra'), {
    ...options,
    upstream: { service: 'entra' },
    hint: isExpiry(error) ? clockHint : 'Check tenantId, the agent’s clientId and appId of the API.',
  })
}
