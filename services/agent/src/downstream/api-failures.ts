import { type Flow, flows } from '@entra-bedrock-agent/identity-trace'
import { ProblemError, proxyProblem } from '@entra-bedrock-agent/service-kit'
import type { DownstreamApi } from '../identity/downstream-api.ts'
import { neededRight } from '../identity/flows.ts'
import { problem } from '../problems.ts'
import { type ApiResponse, readApiProblem, readScope } from './responses.ts'

/** What a response other than 200 means, as far as it means the same for every API. */
export function explainApiResponse(api: DownstreamApi, flow: Flow, response: ApiResponse): ProblemError {
  const { status } = response
  const { code, detail, failedCheck } = readApiProblem(response.body)
  const upstream = { service: api.name, status, ...(code ? { code } : {}) }
  const check = failedCheck ? ` (${failedCheck})` : ''
  switch (status) {
    case 400:
      return problem('INVALID_REQUEST', detail ?? `The ${api.title} does not accept the request.`, {
        upstream,
      })
    case 401: {
      const claimsChallenge = readClaimsChallenge(response.challenge)
      return claimsChallenge
        ? problem(
            'CONDITIONAL_ACCESS_REQUIRED',
            `The ${api.title} wants stronger authentication of the user.`,
            {
              upstream,
              extensions: { claimsChallenge },
            },
          )
        : problem('API_TOKEN_REJECTED', `The ${api.title} does not accept the agent’s token${check}.`, {
            upstream,
            extensions: failedCheck ? { failedCheck } : {},
          })
    }
    case 403:
      return forbidden(api, flow, response)
    case 404:
      return problem('API_UNAVAILABLE', `The ${api.title} responded 404.`, {
        upstream,
        hint: `Check the URL of the ${api.title}: something else, or another path of it, responds there.`,
      })
    default:
      return problem('API_UNAVAILABLE', `The ${api.title} responded ${status}.`, { upstream })
  }
}

/** The check of a deny list, by the name that entra-tokens gives it. */
const denied = 'deny-list'

function forbidden(api: DownstreamApi, flow: Flow, { status, body, challenge }: ApiResponse): ProblemError {
  const { code, failedCheck } = readApiProblem(body)
  if (failedCheck === denied)
    return problem('API_FORBIDDEN', `The agent is on the deny list of the ${api.title}.`, {
      upstream: { service: api.name, status, ...(code ? { code } : {}) },
      hint: 'Somebody switched it off there on purpose. Let an administrator find out why, and take its row out of the list.',
      extensions: { failedCheck },
    })
  const check = failedCheck ? ` (${failedCheck})` : ''
  const scope = readScope(challenge)
  const wanted = scope === undefined ? '' : `: ${scope}`
  const granted = api.permissions?.[flows[flow].right] ?? scope
  // Another failed check says nothing of the permission.
  const isRight = failedCheck === undefined || failedCheck === 'permission'
  const needs = isRight ? neededRight(api, flow, scope) : undefined
  return problem(
    'API_FORBIDDEN',
    `The agent’s token lacks a permission that the ${api.title} wants${wanted}${check}.`,
    {
      upstream: { service: api.name, status, ...(code ? { code } : {}) },
      hint:
        granted &&
        `Grant the agent identity ${granted}, to act ${flows[flow].inWords}, and allow it as a caller of the ${api.title}.`,
      extensions: { ...(failedCheck ? { failedCheck } : {}), ...(needs ? { needs } : {}) },
    },
  )
}

/** Whether an API refused a token because agent or token are on its deny list; it has then done nothing. */
export function isDenied(error: unknown): boolean {
  return error instanceof ProblemError && error.options.extensions?.['failedCheck'] === denied
}

/** The API responded 200 with something that is not what it promises. */
export function unreadableResponse(api: DownstreamApi): ProblemError {
  return problem('API_UNAVAILABLE', `The response of the ${api.title} is not what it promises.`, {
    upstream: { service: api.name, status: 200 },
  })
}

/** The API sent a token back in a form in which nobody would recognise it. */
export function echoedToken(api: DownstreamApi, status?: number): ProblemError {
  const what = `The ${api.title} sent back the token that it got, so nothing of its response is used.`
  return problem('API_ECHOED_TOKEN', what, {
    upstream: { service: api.name, ...(status === undefined ? {} : { status }) },
  })
}

/** The API says itself that it is not ready. */
export function unreadyApi(api: DownstreamApi, status: number): ProblemError {
  return problem('API_UNAVAILABLE', `The ${api.title} is not ready.`, {
    upstream: { service: api.name, status },
  })
}

/** What it means that a call threw. */
export function explainThrown(api: DownstreamApi, error: unknown): ProblemError {
  return error instanceof ProblemError ? error : (proxyProblem(error, api.url) ?? silentApi(api, error))
}

/** The API does not respond at all. */
function silentApi(api: DownstreamApi, cause: unknown): ProblemError {
  return problem('API_UNAVAILABLE', `The ${api.title} cannot be reached, or took too long.`, {
    upstream: { service: api.name },
    cause,
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
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}
