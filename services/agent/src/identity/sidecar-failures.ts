import { flows } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { SendError } from '@entra-bedrock-agent/service-kit/send'
import { type AgentProblemCode, problem } from '../problems.ts'
import { explainRefusal } from './entra-refusals.ts'
import { flowRules, neededRight } from './flows.ts'
import type { SidecarResponse } from './sidecar-connection.ts'
import type { TokenRequest } from './token-request.ts'

/** Why there is no token, and whether asking again soon may help. */
export interface TokenFailure {
  readonly problem: ProblemError
  readonly transient: boolean
}

/** What was asked for. */
export type FailureContext = Pick<TokenRequest, 'agent' | 'flow' | 'api'>

const notTheSidecar = 'Check that the Entra Auth SDK sidecar, and nothing else, listens at SIDECAR_URL.'

/** The response behind a problem. Its text is the sidecar's own and stays inside. */
export class SidecarResponseError extends Error {
  override readonly name = 'SidecarResponseError'
  readonly status: number

  constructor(status: number) {
    super(`The sidecar responded ${status}.`)
    this.status = status
  }
}

/**
 * Tells the sidecar's refusals apart. The status alone says little: outages of Entra come as 401, and so do
 * refused credentials. Its `detail` can name people, tenants and applications: only the AADSTS code and
 * the ids of the request are taken from it.
 */
export function explainResponse(response: SidecarResponse, context: FailureContext): TokenFailure {
  switch (response.status) {
    case 200:
      return failure(response, 'SIDECAR_FAILED', 'The sidecar’s response holds no bearer token.')
    case 400:
      return explainBadRequest(response, context)
    case 401:
      return response.body === '' ? explainChallenge(response) : explainTokenError(response, context)
    case 403:
      return failure(
        response,
        'SIDECAR_REFUSED_CALLER',
        'The sidecar responded 403: it does not see the agent as local.',
      )
    case 500:
      return explainInternalError(response)
    case 502:
    case 503:
    case 504:
      return failure(response, 'SIDECAR_UNREACHABLE', 'A proxy in front of the sidecar cannot reach it.', {
        transient: true,
      })
    default:
      return failure(response, 'SIDECAR_MISCONFIGURED', `The sidecar responded ${response.status}.`, {
        hint: notTheSidecar,
      })
  }
}

/** There is no response that could be read. */
export function explainSilence(cause: unknown): TokenFailure {
  const upstream = { service: 'sidecar' }
  return cause instanceof SendError && cause.kind === 'too-large'
    ? {
        problem: problem('SIDECAR_MISCONFIGURED', 'The response is far too long to be the sidecar’s.', {
          upstream,
          cause,
          hint: notTheSidecar,
        }),
        transient: false,
      }
    : {
        problem: problem('SIDECAR_UNREACHABLE', 'The sidecar cannot be reached.', { upstream, cause }),
        transient: true,
      }
}

function explainBadRequest(response: SidecarResponse, { api, flow }: FailureContext): TokenFailure {
  const entry = api.sidecarEntries[flow]
  return isProblemJson(response)
    ? failure(response, 'SIDECAR_MISCONFIGURED', `The sidecar has no scope for “${entry}”.`, {
        hint: `Set DownstreamApis__${entry}__Scopes__0 on the sidecar (with the index; names are case-sensitive).`,
      })
    : failure(
        response,
        'SIDECAR_MISCONFIGURED',
        'The sidecar does not accept the host name it is called by.',
        {
          hint: 'Call the sidecar as http://localhost:<port> in SIDECAR_URL.',
        },
      )
}

/**
 * An empty 401 is the sidecar's verdict on Tc. The agent has verified Tc itself before, so signing in again would
 * not help: either the sidecar is set up for something else, or it cannot fetch Entra's keys – which looks the same
 * as a foreign issuer.
 */
function explainChallenge(response: SidecarResponse): TokenFailure {
  const challenge = response.challenge ?? ''
  if (challenge.includes('issuer')) {
    return failure(response, 'ENTRA_UNAVAILABLE', 'The sidecar cannot verify a token that the agent could.', {
      hint: 'Check that the sidecar reaches Entra on port 443, then its AzureAd__Instance and AzureAd__TenantId.',
      transient: true,
    })
  }
  if (challenge.includes('signature key')) {
    return failure(
      response,
      'ENTRA_UNAVAILABLE',
      'The sidecar does not know Entra’s newest signing key yet.',
      {
        transient: true,
      },
    )
  }
  if (challenge.includes('expired')) {
    return failure(response, 'SIDECAR_MISCONFIGURED', 'The sidecar takes a valid token for an expired one.', {
      hint: 'Set the clock of the sidecar’s node.',
    })
  }
  return failure(
    response,
    'SIDECAR_MISCONFIGURED',
    'The sidecar refuses a token that the agent has verified.',
    {
      hint: 'Check AzureAd__Instance, AzureAd__TenantId and AzureAd__ClientId of the sidecar; leave AzureAd__Audience unset.',
    },
  )
}

function explainTokenError(response: SidecarResponse, context: FailureContext): TokenFailure {
  const detail = readDetail(response)
  const entry = context.api.sidecarEntries[context.flow]
  const number = /AADSTS(\d+)/.exec(detail)?.[1]
  if (number) {
    const aadsts = `AADSTS${number}`
    const refusal = explainRefusal(Number(number), context, whomItNames(detail, context))
    const needs = refusal.lacksRight && neededRight(context.api, context.flow)
    return {
      problem: problem(refusal.code, `${refusal.says} (${aadsts})`, {
        upstream: { service: 'entra', code: aadsts, ...readLogIds(detail) },
        hint: refusal.hint ?? hintOf(refusal.code, number),
        cause: new SidecarResponseError(response.status),
        extensions: needs ? { needs } : {},
      }),
      transient: refusal.transient ?? false,
    }
  }
  if (/No account or login hint/i.test(detail)) {
    return flows[context.flow].sidecarEntry.requestAppToken
      ? failure(response, 'SIDECAR_MISCONFIGURED', `“${entry}” is not set up for app tokens.`, {
          hint: `Set DownstreamApis__${entry}__RequestAppToken=true on the sidecar.`,
        })
      : failure(response, 'SIDECAR_MISCONFIGURED', `The sidecar was not told whom “${entry}” acts for.`, {
          hint: `Set ${flowRules[context.flow].overrideSetting}=true on the sidecar.`,
        })
  }
  // When Entra throttles, the detail is the body of its response or says so; asking again would make it worse.
  if (detail.startsWith('{') || detail.includes('throttled')) {
    return failure(response, 'ENTRA_UNAVAILABLE', 'Entra is throttling the sidecar.')
  }
  return failure(response, 'ENTRA_UNAVAILABLE', 'The sidecar gets no response from Entra.', {
    transient: true,
  })
}

/** `Trace ID` is what the sign-in log calls the request's id. */
function readLogIds(detail: string): { requestId?: string; correlationId?: string } {
  const find = (name: string) => new RegExp(`\\b${name} ID: ([0-9a-f-]{36})\\b`).exec(detail)?.[1]
  const [requestId, correlationId] = [find('Trace'), find('Correlation')]
  return { ...(requestId ? { requestId } : {}), ...(correlationId ? { correlationId } : {}) }
}

/** Entra's text names the application that was refused: the only sign of which of the two token requests failed. */
function whomItNames(detail: string, { agent }: FailureContext): 'agent' | 'blueprint' | undefined {
  if (detail.includes(agent.clientId)) return 'agent'
  return detail.includes(agent.blueprintAppId) ? 'blueprint' : undefined
}

/** A sidecar without tenant or client id responds to everything with 500 and an empty body. A 500 with a body tells no cause. */
function explainInternalError(response: SidecarResponse): TokenFailure {
  return response.body === ''
    ? failure(response, 'SIDECAR_MISCONFIGURED', 'The sidecar fails on every request.', {
        hint: 'Set AzureAd__TenantId and AzureAd__ClientId on the sidecar.',
      })
    : failure(response, 'SIDECAR_FAILED', 'The sidecar responded 500 without a cause.', { transient: true })
}

function failure(
  response: SidecarResponse,
  code: AgentProblemCode,
  detail: string,
  { hint, transient = false }: { hint?: string; transient?: boolean } = {},
): TokenFailure {
  const options = {
    upstream: { service: 'sidecar', status: response.status },
    cause: new SidecarResponseError(response.status),
  }
  return { problem: problem(code, detail, { ...options, hint }), transient }
}

function hintOf(code: AgentProblemCode, number: string): string | undefined {
  return code === 'ENTRA_REFUSED'
    ? `Look it up at https://login.microsoftonline.com/error?code=${number}.`
    : undefined
}

function isProblemJson({ contentType }: SidecarResponse): boolean {
  return contentType?.startsWith('application/problem+json') ?? false
}

function readDetail({ body }: SidecarResponse): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown }
    return typeof detail === 'string' ? detail : ''
  } catch {
    return ''
  }
}
