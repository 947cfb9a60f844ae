import { type AccessNeeds, decideAccess } from './access.ts'
import { AccessForbidden, AccessRefused, explainRefusal } from './access-refused.ts'
import { type RequestLike, readAuthorization, readBearerToken } from './bearer-token.ts'
import type { CallerIdentity, Identity } from './caller.ts'
import type { DenialScope } from './deny-list/denied-tokens.ts'
import { DenyList } from './deny-list/deny-list.ts'
import { type CheckedOptions, checkOptions, type Log, type ResourceServerOptions } from './options.ts'
import { asksFor, describeResource, type ResourceMetadata } from './protected-resource.ts'
import { type CheckName, TokenRefused } from './token-refused.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'

/** Who calls, and the checks that the token passed. Only callers that may call have one. */
export type Caller = CallerIdentity & { readonly checks: readonly CheckName[] }

/** An API that agents call: a resource server, in the words of OAuth. */
export interface ResourceServer {
  /**
   * Verifies a request's token, and decides about its caller.
   *
   * @param needs what this call needs, if it differs from what the API needs in general
   * @throws {AccessRefused} for every caller that may not call, and if it cannot be decided
   */
  authorize(request: RequestLike, needs?: AccessNeeds): Promise<Caller>
  /** A web handler behind the check. It answers for the metadata, too. */
  protect<More extends readonly unknown[]>(
    handler: (request: Request, caller: Caller, ...more: More) => Response | Promise<Response>,
  ): (request: Request, ...more: More) => Promise<Response>
  /**
   * Who sent a request that `protect` let in, for the routes of a framework behind it. It takes the very object that was let in.
   *
   * @throws {Error} for every other request
   */
  callerOf(request: Request): Caller
  /** The same API with other needs, or as another resource. It shares keys and deny list, and is closed with this one. */
  with(changes: Partial<AccessNeeds> & Pick<ResourceServerOptions, 'resource'>): ResourceServer
  /** The metadata to publish (RFC 9728), if `resource` is set. */
  readonly metadata: ResourceMetadata | undefined
  /** Whether the deny list, if there is one, has been read; for readiness probes. */
  readonly isReady: boolean
  /** Seconds since the deny list was last seen to be up to date; `undefined` if there is none. */
  readonly denyListAgeSeconds: number | undefined
  /** Ends fetches of keys and deny list. */
  close(): Promise<void>
}

/**
 * Creates the token check of an API. Keys are fetched when the first token is verified.
 *
 * @throws {TypeError} for options by which nobody could call, or a stranger could
 */
export function createResourceServer(given: ResourceServerOptions): ResourceServer {
  const options = checkOptions(given)
  const { denyList: location, log = silent } = options
  return serverOf(options, {
    verifier: createTokenVerifier({ ...options, log }),
    denyList: location === undefined ? undefined : new DenyList({ location, log }),
  })
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} }

interface Shared {
  readonly verifier: TokenVerifier
  readonly denyList: DenyList | undefined
}

/** Whose tokens were refused, for audit logs alone. */
export const refusedIdentities = new WeakMap<AccessRefused, Identity>()

function serverOf(options: CheckedOptions, shared: Shared): ResourceServer {
  const { verifier, denyList } = shared
  const { callers, requireAgentMarker = false, permissions, authenticationContext, onDecision } = options
  const inGeneral: AccessNeeds = { permissions, authenticationContext }
  const metadata = describeResource(options)
  const callersOf = new WeakMap<Request, Caller>()

  async function judge(request: RequestLike, needs: AccessNeeds, seen: Seen): Promise<Caller> {
    const token = readBearerToken(readAuthorization(request))
    await denyList?.ready()
    const { claims, checks } = await verifier.verify(token)
    seen.verified = checks
    const access = decideAccess(claims, { callers, requireAgentMarker, ...needs })
    const identity = access.identity ?? access.refusal.refused
    seen.identity = identity
    // The deny list comes first: for a denied agent no user shall be asked to consent or to sign in again.
    const denial = denyList?.find(identity, Number(claims['iat'] ?? 0))
    if (denial) throw denials[denial]()
    if (access.refusal) {
      const { failedCheck, reason, isOfToken, passed } = access.refusal
      throw Object.assign(new (isOfToken ? TokenRefused : AccessForbidden)(failedCheck, reason), { passed })
    }
    const passed = denyList ? (['deny-list'] as const) : []
    return { ...access.identity, checks: [...checks, ...access.checks, ...passed] }
  }

  async function authorize(request: RequestLike, needs = inGeneral): Promise<Caller> {
    const startedMs = performance.now()
    const seen: Seen = { verified: [] }
    const found = await judge(request, needs, seen).catch((error: unknown) => {
      const refused = explainRefusal(error, options, needs, seen.verified)
      if (!refused) throw error
      return refused
    })
    const isRefused = found instanceof AccessRefused
    const outcome = isRefused ? (found.failedCheck ?? found.problem.code) : 'OK'
    onDecision?.({ outcome, identity: seen.identity, durationMs: performance.now() - startedMs })
    if (!isRefused) return found
    if (seen.identity) refusedIdentities.set(found, seen.identity)
    throw found
  }

  return {
    authorize,
    protect:
      handler =>
      async (request, ...more) => {
        if (metadata && asksFor(metadata, request)) return Response.json(metadata.body)
        const caller = await authorize(request).catch((error: unknown) => {
          if (error instanceof AccessRefused) return error
          throw error
        })
        if (caller instanceof AccessRefused) return caller.toResponse()
        callersOf.set(request, caller)
        return await handler(request, caller, ...more)
      },
    callerOf(request) {
      const caller = callersOf.get(request)
      if (caller) return caller
      throw new Error(`No caller is known of this request: ${options.name} has not let it in by protect().`)
    },
    with: changes => serverOf(checkOptions({ ...options, ...changes }), shared),
    metadata,
    get isReady() {
      return denyList?.isRead ?? true
    },
    get denyListAgeSeconds() {
      return denyList?.ageSeconds
    },
    async close() {
      await Promise.all([verifier.close(), denyList?.close()])
    },
  }
}

/** What was found out of a token on the way to the decision. */
interface Seen {
  identity?: Identity
  verified: readonly CheckName[]
}

const denials: Readonly<Record<DenialScope, () => TokenRefused>> = {
  agent: () => new AccessForbidden('deny-list', 'The agent is on the deny list of this API.'),
  token: () => new TokenRefused('deny-list', 'The token is on the deny list of this API.'),
}
