import {
  isProblem,
  type ProblemError,
  parseJson,
  proxyProblem,
  type Upstream,
} from '@entra-agents/service-kit'
import type { Claims } from '@entra-agents/tokens/verify'
import { type Flow, flows, type NeededRight } from '@entra-agents/trace'
import { clockHint } from '../accept-agent-token.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { neededRight } from '../flows.ts'
import { identityProblem } from '../problems.ts'
import { type ApiResponse, plainName, readApiProblem, readDemandedScope } from './responses.ts'

/** What a failed response means, as far as it means the same for every API. */
export function explainApiResponse(api: DownstreamApi, flow: Flow, response: ApiResponse): ProblemError {
  const { status } = response
  const { code, detail, failedCheck } = readApiProblem(response.body)
  const upstream = { service: api.name, status, ...(code ? { code } : {}) }
  const check = inBrackets(failedCheck)
  switch (status) {
    case 400:
      return identityProblem('INVALID_REQUEST', detail ?? `The ${api.title} does not accept the request.`, {
        upstream,
      })
    case 401: {
      const asked = readClaimsChallenge(response.challenge)
      const claimsChallenge = allowedChallenge(api, asked)
      if (claimsChallenge) {
        const wants = `The ${api.title} wants stronger authentication of the user.`
        return identityProblem('CONDITIONAL_ACCESS_REQUIRED', wants, {
          upstream,
          extensions: { claimsChallenge },
        })
      }
      return identityProblem(
        'API_TOKEN_REJECTED',
        `The ${api.title} does not accept the agent’s token${check}.`,
        {
          upstream,
          extensions: failedCheck ? { failedCheck } : {},
          hint: asked ? unknownContextHint : failedCheck === lifetimeCheck ? clockHint : undefined,
        },
      )
    }
    case 403:
      return forbiddenProblem(api, flow, response, upstream)
    default: {
      const hint = `Check the URL of the ${api.title}: something else, or another path of it, responds there.`
      return identityProblem('API_UNAVAILABLE', `The ${api.title} responded ${status}${inBrackets(code)}.`, {
        upstream,
        hint: status === 404 ? hint : undefined,
      })
    }
  }
}

const unknownContextHint =
  'It asks the user for something that the agent is not configured to pass on. If it should, name the authentication context in authenticationContexts of the API.'

/** A check or a code that the API names; a sentence of the API would be shown as the agent’s own words. */
const inBrackets = (name = '') => (plainName.test(name) ? ` (${name})` : '')

/** The names that `tokens` gives to the checks of the deny list, of a token's rights and of its times. */
const denyListCheck = 'deny-list'
const permissionCheck = 'permission'
const lifetimeCheck = 'lifetime'

function forbiddenProblem(
  api: DownstreamApi,
  flow: Flow,
  { body, challenge }: ApiResponse,
  upstream: Upstream,
): ProblemError {
  const { failedCheck } = readApiProblem(body)
  if (failedCheck === denyListCheck)
    return identityProblem('API_FORBIDDEN', `The agent is on the deny list of the ${api.title}.`, {
      upstream,
      hint: 'Somebody switched it off there on purpose. Let an administrator find out why, and take its row out of the list.',
      extensions: { failedCheck },
    })
  const scope = readDemandedScope(challenge)
  const granted = api.permissions?.[flows[flow].right] ?? scope
  const grant = `${granted}, to act ${flows[flow].inWords}`
  // If another check failed, it is unknown whether the token lacks the permission.
  if (failedCheck !== undefined && failedCheck !== permissionCheck)
    return identityProblem(
      'API_FORBIDDEN',
      `The ${api.title} does not allow the call: the agent’s token failed its check “${failedCheck}”.`,
      {
        upstream,
        hint: `Allow the agent identity as a caller of the ${api.title}${granted ? `, and grant it ${grant}, if it lacks that` : ''}.`,
        extensions: { failedCheck },
      },
    )
  const needs = neededRight(api, flow, scope)
  const wanted = scope === undefined ? '' : `: ${scope}`
  return identityProblem(
    'API_FORBIDDEN',
    `The agent’s token lacks a permission that the ${api.title} wants${wanted}.`,
    {
      upstream,
      hint:
        granted &&
        `Grant the agent identity ${grant}, and allow it as a caller of the ${api.title}. If it has that, see that the API’s application names it so and has it enabled.`,
      extensions: { ...(failedCheck ? { failedCheck } : {}), ...(needs ? { needs } : {}) },
    },
  )
}

/** Why the API would refuse a call for users that needs this scope; `undefined` if TR has it. */
export function lackOfScope(
  { name, title }: DownstreamApi,
  permission: string,
  { claims }: { readonly claims: Claims },
): ProblemError | undefined {
  const held = heldRights('scope', claims)
  if (held.includes(permission)) return undefined
  const what = `The agent’s token lacks the permission ${permission}, which this call of the ${title} needs. It has ${held.join(', ') || 'none'}.`
  return identityProblem('API_FORBIDDEN', what, {
    hint: `Grant the agent identity ${permission}, to act ${flows.obo.inWords}.`,
    extensions: { needs: { api: name, permission, kind: 'scope' } },
  })
}

const heldRights = (kind: NeededRight['kind'], { scp, roles }: Claims): readonly unknown[] =>
  (kind === 'scope' ? String(scp ?? '').split(' ') : [roles].flat()).filter(Boolean)

/** Removes from a failure the right that it says is missing, if the token has this right: then no consent or grant would help. Else it says what the token has. */
export function withoutHeldRight(failure: unknown, claims: Claims): unknown {
  if (!isProblem(failure)) return failure
  const { needs, ...extensions } = { ...failure.options.extensions } as { readonly needs?: NeededRight }
  if (needs === undefined) return failure
  const { permission, kind } = needs
  const held = heldRights(kind, claims)
  if (!permission.split(', ').every(name => held.includes(name))) {
    const has = held.join(', ') || 'none'
    return identityProblem('API_FORBIDDEN', `${failure.message} It has ${has}.`, failure.options)
  }
  const { upstream } = failure.options
  return identityProblem(
    'API_FORBIDDEN',
    `The API does not allow it, although the agent’s token has ${permission}.`,
    {
      upstream,
      hint: 'See in the log of the API what else it wants.',
      extensions,
    },
  )
}

/**
 * Whether an API refused a token that the sidecar still caches, and that a new one may replace: agent or token are on the
 * API's deny list, or the clocks differed when the token was issued. If so, the API has done nothing.
 */
export function isRefusalOfCachedToken(error: unknown): boolean {
  const failedCheck = isProblem(error) && error.options.extensions?.['failedCheck']
  return failedCheck === denyListCheck || failedCheck === lifetimeCheck
}

/**
 * Whether an API refused for lack of a right that a new token may have, since it may have been granted just now: the token lacks it,
 * or only the API knows its name. If so, the API has done nothing.
 */
export function isForLackOfRight(error: unknown, api: DownstreamApi, flow: Flow): boolean {
  if (!isProblem(error) || error.code !== 'API_FORBIDDEN') return false
  const { failedCheck = permissionCheck, needs } = { ...error.options.extensions }
  return failedCheck === permissionCheck && (needs !== undefined || neededRight(api, flow) === undefined)
}

/** The API reported success, but not with the body that it promises. */
export function unreadableResponseProblem(api: DownstreamApi, status: number): ProblemError {
  return identityProblem('API_UNAVAILABLE', `The response of the ${api.title} is not what it promises.`, {
    upstream: { service: api.name, status },
  })
}

/** The API sent back a part of a token: in pieces, percent-encoded, or only the signature, which redaction does not recognise. */
export function echoedTokenProblem(api: DownstreamApi, status?: number): ProblemError {
  const what = `The ${api.title} sent back the token that it got, so nothing of its response is used.`
  return identityProblem('API_ECHOED_TOKEN', what, {
    upstream: { service: api.name, ...(status === undefined ? {} : { status }) },
  })
}

/** The response was not read to its end. */
export function tooLongResponseProblem(api: DownstreamApi, maxBytes: number): ProblemError {
  const what = `The response of the ${api.title} is longer than ${maxBytes} bytes.`
  return identityProblem('API_UNAVAILABLE', what, {
    upstream: { service: api.name },
    hint: 'Ask for less at once, or raise maxResponseBytes of the API.',
  })
}

/** The API says itself that it is not ready. */
export function unreadyApiProblem(api: DownstreamApi, status: number): ProblemError {
  return identityProblem('API_UNAVAILABLE', `The ${api.title} is not ready.`, {
    upstream: { service: api.name, status },
  })
}

/** The problem behind an error that a call threw. */
export function explainThrown(api: DownstreamApi, error: unknown): ProblemError {
  if (isProblem(error)) return error
  const what = `The ${api.title} cannot be reached, or took too long.`
  const upstream = { service: api.name }
  return proxyProblem(error, api.url) ?? identityProblem('API_UNAVAILABLE', what, { upstream, cause: error })
}

/**
 * For a call that may wait for its user: turns an API's Conditional Access challenge into a step-up. A challenge after the
 * step-up becomes STEP_UP_NOT_CARRIED; other failures stay as they are.
 *
 * @param sent the claims that the step-up asked Entra for; `undefined` before a step-up
 */
export function explainStepUp(
  api: DownstreamApi,
  failure: ProblemError,
  sent: string | undefined,
): ProblemError {
  const { code, message, options } = failure
  if (code !== 'CONDITIONAL_ACCESS_REQUIRED' || options.upstream?.service !== api.name) return failure
  return sent === undefined
    ? identityProblem('STEP_UP_REQUIRED', message, options)
    : identityProblem('STEP_UP_NOT_CARRIED', `The ${api.title} still asks for it.`, {
        upstream: options.upstream,
      })
}

/**
 * The Conditional Access challenge of an API: `error="insufficient_claims", claims="<base64 of JSON>"`.
 * See https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
function readClaimsChallenge(challenge: string | undefined): string | undefined {
  if (!challenge?.includes('error="insufficient_claims"')) return undefined
  const encoded = /\bclaims="([A-Za-z0-9+/_=-]{1,4096})"/.exec(challenge)?.[1]
  if (!encoded) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return parseJson(text) === undefined ? undefined : text
}

/** The part of an API's challenge that users get: if the API's contexts are configured, only a demand for one of them. */
function allowedChallenge(
  { authenticationContexts }: DownstreamApi,
  challenge: string | undefined,
): string | undefined {
  if (authenticationContexts === undefined || challenge === undefined) return challenge
  const { access_token } = Object(JSON.parse(challenge)) as { access_token?: unknown }
  const { acrs } = Object(access_token) as { acrs?: unknown }
  const { essential, value } = Object(acrs) as { essential?: unknown; value?: unknown }
  const isAllowed = essential === true && authenticationContexts.some(context => context === value)
  return isAllowed ? JSON.stringify({ access_token: { acrs: { essential, value } } }) : undefined
}
