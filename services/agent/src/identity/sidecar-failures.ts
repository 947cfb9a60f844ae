import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type AgentProblemCode, problem } from '../problems.ts'
import { explainRefusal } from './entra-refusals.ts'
import type { SidecarAnswer } from './sidecar.ts'

/** Why there is no token, and whether asking again soon may help. */
export interface TokenFailure {
  readonly problem: ProblemError
  readonly transient: boolean
}

export interface FailureContext {
  readonly flow: Flow
  readonly agentClientId: string
  /** The `DownstreamApis` entry that was asked for. */
  readonly apiName: string
}

const notTheSidecar = 'Check that the Entra Auth SDK sidecar, and nothing else, listens at SIDECAR_URL.'

/** The answer behind a problem. Its text is the sidecar's own and stays inside. */
export class SidecarAnswerError extends Error {
  override readonly name = 'SidecarAnswerError'
  readonly status: number

  constructor(status: number) {
    super(`The sidecar answered ${status}.`)
    this.status = status
  }
}

/**
 * Tells the sidecar's refusals apart. The status alone says little: outages of Entra come as 401, and so do
 * refused credentials. Its `detail` can name people, tenants and applications: only the AADSTS code is taken from it.
 */
export function explainAnswer(answer: SidecarAnswer, context: FailureContext): TokenFailure {
  switch (answer.status) {
    case 200:
      return failure(answer, 'SIDECAR_FAILED', 'The sidecar’s answer holds no bearer token.')
    case 400:
      return explainBadRequest(answer, context)
    case 401:
      return answer.body === '' ? explainChallenge(answer) : explainTokenError(answer, context)
    case 403:
      return failure(
        answer,
        'SIDECAR_REFUSED_CALLER',
        'The sidecar answered 403: it does not see the agent as local.',
      )
    case 500:
      return explainInternalError(answer)
    case 502:
    case 503:
    case 504:
      return failure(answer, 'SIDECAR_UNREACHABLE', 'Something in front of the sidecar cannot reach it.', {
        transient: true,
      })
    default:
      return failure(answer, 'SIDECAR_MISCONFIGURED', `The sidecar answered ${answer.status}.`, {
        hint: notTheSidecar,
      })
  }
}

/** There is no answer that could be read. */
export function explainSilence(cause: unknown): TokenFailure {
  const { code } = (cause ?? {}) as { code?: unknown }
  const upstream = { service: 'sidecar' }
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
    ? {
        problem: problem('SIDECAR_MISCONFIGURED', 'The answer is far too long to be the sidecar’s.', {
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

function explainBadRequest(answer: SidecarAnswer, { apiName }: FailureContext): TokenFailure {
  return isProblemJson(answer)
    ? failure(answer, 'SIDECAR_MISCONFIGURED', `The sidecar has no scope for “${apiName}”.`, {
        hint: `Set DownstreamApis__${apiName}__Scopes__0 on the sidecar (with the index; names are case-sensitive).`,
      })
    : failure(answer, 'SIDECAR_MISCONFIGURED', 'The sidecar does not accept the host name it is called by.', {
        hint: 'Call the sidecar as http://localhost:<port> in SIDECAR_URL.',
      })
}

/**
 * An empty 401 is the sidecar's verdict on Tc. The agent has verified Tc itself before, so signing in again would
 * not help: either the sidecar is set up for something else, or it cannot fetch Entra's keys – which looks the same
 * as a foreign issuer.
 */
function explainChallenge(answer: SidecarAnswer): TokenFailure {
  const challenge = answer.challenge ?? ''
  if (challenge.includes('issuer')) {
    return failure(answer, 'ENTRA_UNAVAILABLE', 'The sidecar cannot verify a token that the agent could.', {
      hint: 'Check that the sidecar reaches Entra on port 443, then its AzureAd__Instance and AzureAd__TenantId.',
      transient: true,
    })
  }
  if (challenge.includes('expired')) {
    return failure(answer, 'SIDECAR_MISCONFIGURED', 'The sidecar takes a valid token for an expired one.', {
      hint: 'Set the clock of the sidecar’s node.',
    })
  }
  return failure(
    answer,
    'SIDECAR_MISCONFIGURED',
    'The sidecar refuses a token that the agent has verified.',
    {
      hint: 'Check AzureAd__Instance, AzureAd__TenantId and AzureAd__ClientId of the sidecar; leave AzureAd__Audience unset.',
    },
  )
}

function explainTokenError(answer: SidecarAnswer, context: FailureContext): TokenFailure {
  const detail = readDetail(answer)
  const aadsts = /AADSTS\d+/.exec(detail)?.[0]
  if (aadsts) {
    const refusal = explainRefusal(aadsts, context.flow, detail.includes(context.agentClientId))
    return {
      problem: problem(refusal.code, `${refusal.says} (${aadsts})`, {
        upstream: { service: 'entra', code: aadsts },
        hint: refusal.hint ?? hintOf(refusal.code, aadsts),
        cause: new SidecarAnswerError(answer.status),
      }),
      transient: refusal.transient ?? false,
    }
  }
  if (/No account or login hint/i.test(detail)) {
    return failure(answer, 'SIDECAR_MISCONFIGURED', `“${context.apiName}” is not set up for app tokens.`, {
      hint: `Set DownstreamApis__${context.apiName}__RequestAppToken=true on the sidecar.`,
    })
  }
  // When Entra throttles, the detail is the body of its answer or says so; asking again would make it worse.
  if (detail.startsWith('{') || detail.includes('throttled')) {
    return failure(answer, 'ENTRA_UNAVAILABLE', 'Entra is throttling the sidecar.')
  }
  return failure(answer, 'ENTRA_UNAVAILABLE', 'The sidecar gets no answer from Entra.', { transient: true })
}

/** An empty 500 comes from a sidecar without tenant or client id, on every path; the other kind says nothing at all. */
function explainInternalError(answer: SidecarAnswer): TokenFailure {
  return answer.body === ''
    ? failure(answer, 'SIDECAR_MISCONFIGURED', 'The sidecar fails on every request.', {
        hint: 'Set AzureAd__TenantId and AzureAd__ClientId on the sidecar.',
      })
    : failure(answer, 'SIDECAR_FAILED', 'The sidecar answered 500 without a cause.', { transient: true })
}

function failure(
  answer: SidecarAnswer,
  code: AgentProblemCode,
  detail: string,
  { hint, transient = false }: { hint?: string; transient?: boolean } = {},
): TokenFailure {
  const options = {
    upstream: { service: 'sidecar', status: answer.status },
    cause: new SidecarAnswerError(answer.status),
  }
  return { problem: problem(code, detail, { ...options, hint }), transient }
}

function hintOf(code: AgentProblemCode, aadsts: string): string | undefined {
  return code === 'ENTRA_REFUSED'
    ? `Look it up at https://login.microsoftonline.com/error?code=${aadsts.slice('AADSTS'.length)}.`
    : undefined
}

function isProblemJson({ contentType }: SidecarAnswer): boolean {
  return contentType?.startsWith('application/problem+json') ?? false
}

function readDetail({ body }: SidecarAnswer): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown }
    return typeof detail === 'string' ? detail : ''
  } catch {
    return ''
  }
}
