import { type ProblemError, parseJson } from '@entra-agents/service-kit'
import { isSendError, type OutboundResponse } from '@entra-agents/service-kit/send'
import { flows, type NeededRight } from '@entra-agents/trace'
import { type EntraRefusal, explainEntraRefusal } from './entra-refusals.ts'
import { flowRules, neededRight } from './flows.ts'
import { identityProblem } from './problems.ts'
import type { TokenRequest } from './token-source.ts'

/** Why there is no token, and whether asking again soon may help. */
export interface TokenFailure {
  readonly problem: ProblemError
  readonly transient: boolean | 'spreading'
}

/** Which token was asked for. */
export type FailureContext = Pick<TokenRequest, 'agent' | 'flow' | 'api'>

type Meaning = Pick<EntraRefusal, 'code' | 'says' | 'hint' | 'transient'>

const notTheSidecarHint =
  'Check that the Entra Auth SDK sidecar, and nothing else, listens at the url that the agent has for it.'
const misconfigured = (says: string, hint: string): Meaning => ({ code: 'SIDECAR_MISCONFIGURED', says, hint })
/** A fault that may pass by itself. */
const transientFault = (code: Meaning['code'], says: string): Meaning => ({ code, says, transient: true })

/** The `cause` of a problem: a response of the sidecar. Only its status is kept, since its text must not be passed on. */
export class SidecarResponseError extends Error {
  override readonly name = 'SidecarResponseError'
  readonly status: number

  constructor(status: number) {
    super(`The sidecar responded ${status}.`)
    this.status = status
  }
}

/**
 * Distinguishes the sidecar's refusals. The status alone says little: outages of Entra come as 401, and so do
 * refused credentials. The body's `detail` can name people, tenants and applications, so only the AADSTS code and
 * the ids of the request are taken from there.
 */
export function explainResponse(response: OutboundResponse, context: FailureContext): TokenFailure {
  const { status } = response
  const detail = status === 401 ? readDetail(response) : ''
  const number = /AADSTS(\d+)/.exec(detail)?.[1]
  const cause = new SidecarResponseError(status)
  if (number === undefined) {
    const { code, says, hint, transient = false } = explainStatus(response, detail, context)
    return {
      problem: identityProblem(code, says, { upstream: { service: 'sidecar', status }, hint, cause }),
      transient,
    }
  }
  return explainRefusal(number, detail, context, cause)
}

/**
 * Explains a refusal by Entra, whoever asked.
 *
 * @param number of AADSTS
 * @param detail Entra's text, from which only the ids of the request are taken
 */
export function explainRefusal(
  number: string,
  detail: string,
  context: FailureContext,
  cause: unknown,
): TokenFailure {
  const aadsts = `AADSTS${number}`
  const refusal = explainEntraRefusal(Number(number), context, findNamedApplication(detail, context))
  const { code, says, lacksRight, transient = false, blockedByPolicy } = refusal
  const lookUp = `Look it up at https://login.microsoftonline.com/error?code=${number}.`
  const { hint = code === 'ENTRA_REFUSED' ? lookUp : undefined } = refusal
  const needs: NeededRight | undefined = lacksRight && neededRight(context.api, context.flow)
  return {
    problem: identityProblem(code, `${says} (${aadsts})`, {
      upstream: { service: 'entra', code: aadsts, ...readLogIds(detail) },
      hint,
      cause,
      extensions: { ...(needs && { needs }), ...(blockedByPolicy && { blockedByPolicy }) },
    }),
    transient,
  }
}

/** Explains an error that came in place of a response. */
export function explainSilence(cause: unknown): TokenFailure {
  const upstream = { service: 'sidecar' }
  if (isSendError(cause) && cause.kind === 'too-large') {
    const options = { upstream, cause, hint: notTheSidecarHint }
    const what = 'The response is far too long to be the sidecar’s.'
    return { problem: identityProblem('SIDECAR_MISCONFIGURED', what, options), transient: false }
  }
  const what = 'The sidecar cannot be reached.'
  return { problem: identityProblem('SIDECAR_UNREACHABLE', what, { upstream, cause }), transient: true }
}

/** What a response means if it does not repeat a refusal of Entra. */
function explainStatus(
  { status, headers, text }: OutboundResponse,
  detail: string,
  context: FailureContext,
): Meaning {
  const entry = context.api.sidecarEntries[context.flow]
  switch (status) {
    case 200:
      return { code: 'SIDECAR_FAILED', says: 'The sidecar’s response holds no bearer token.' }
    case 400:
      return String(headers['content-type']).startsWith('application/problem+json')
        ? misconfigured(
            `The sidecar has no scope for “${entry}”.`,
            `Set DownstreamApis__${entry}__Scopes__0 on the sidecar (with the index; names are case-sensitive).`,
          )
        : misconfigured(
            'The sidecar does not accept the host name it is called by.',
            'Give the agent http://localhost:<port> as the url of the sidecar.',
          )
    case 401:
      return text === ''
        ? explainChallenge(String(headers['www-authenticate']))
        : explainDetail(detail, context)
    case 403:
      return {
        code: 'SIDECAR_REFUSED_CALLER',
        says: 'The sidecar responded 403: it does not see the agent as local.',
      }
    case 500:
      // Without tenant or client id, the sidecar always responds 500 with an empty body. With a body, the cause is unknown.
      return text === ''
        ? misconfigured(
            'The sidecar fails on every request.',
            'Set AzureAd__TenantId and AzureAd__ClientId on the sidecar.',
          )
        : transientFault('SIDECAR_FAILED', 'The sidecar responded 500 without a cause.')
    case 502:
    case 503:
    case 504:
      return transientFault('SIDECAR_UNREACHABLE', 'A proxy in front of the sidecar cannot reach it.')
    default:
      return misconfigured(`The sidecar responded ${status}.`, notTheSidecarHint)
  }
}

/**
 * An empty 401 is the sidecar's verdict on Tc. The agent has verified Tc itself before, so signing in again would
 * not help: either the sidecar is set up for something else, or it cannot fetch Entra's keys – which looks the same
 * as a foreign issuer.
 */
function explainChallenge(challenge: string): Meaning {
  if (challenge.includes('issuer'))
    return {
      ...transientFault('ENTRA_UNAVAILABLE', 'The sidecar cannot verify a token that the agent could.'),
      hint: 'Check that the sidecar reaches Entra on port 443, then its AzureAd__Instance and AzureAd__TenantId.',
    }
  if (challenge.includes('signature key'))
    return transientFault('ENTRA_UNAVAILABLE', 'The sidecar does not know Entra’s newest signing key yet.')
  return challenge.includes('expired')
    ? misconfigured(
        'The sidecar takes a valid token for an expired one.',
        'Set the clock of the sidecar’s node.',
      )
    : misconfigured(
        'The sidecar refuses a token that the agent has verified.',
        'Check AzureAd__Instance, AzureAd__TenantId and AzureAd__ClientId of the sidecar; leave AzureAd__Audience unset.',
      )
}

function explainDetail(detail: string, { api, flow }: FailureContext): Meaning {
  const entry = api.sidecarEntries[flow]
  if (/No account or login hint/i.test(detail))
    return flows[flow].sidecarEntry.requestAppToken
      ? misconfigured(
          `“${entry}” is not set up for app tokens.`,
          `Set DownstreamApis__${entry}__RequestAppToken=true on the sidecar.`,
        )
      : misconfigured(
          `The sidecar was not told whom “${entry}” acts for.`,
          `Set ${flowRules[flow].overrideSetting}=true on the sidecar.`,
        )
  // When Entra throttles, the detail is Entra's response or says “throttled”. Not transient: asking again only adds load.
  if (detail.startsWith('{') || detail.includes('throttled'))
    return { code: 'ENTRA_UNAVAILABLE', says: 'Entra is throttling the sidecar.' }
  if (/^HttpStatusCode: 4|could not be parsed/.test(detail))
    return {
      ...transientFault('ENTRA_UNAVAILABLE', 'What responds to the sidecar is not Entra.'),
      hint: 'Check AzureAd__Instance of the sidecar, which is Entra’s host without the tenant, and what stands in between: a proxy.',
    }
  return transientFault('ENTRA_UNAVAILABLE', 'The sidecar gets no response from Entra.')
}

/** Entra's text says `Trace ID` for what the sign-in log calls the request id. */
function readLogIds(detail: string): { requestId?: string; correlationId?: string } {
  const find = (name: string) => new RegExp(`\\b${name} ID: ([0-9a-f-]{36})\\b`).exec(detail)?.[1]
  const [requestId, correlationId] = [find('Trace'), find('Correlation')]
  return { ...(requestId ? { requestId } : {}), ...(correlationId ? { correlationId } : {}) }
}

/** Entra's text names the application that was refused: the only sign of which of the two token requests failed. */
function findNamedApplication(detail: string, { agent }: FailureContext): 'agent' | 'blueprint' | undefined {
  if (detail.includes(agent.clientId)) return 'agent'
  return detail.includes(agent.blueprintAppId) ? 'blueprint' : undefined
}

function readDetail({ text }: OutboundResponse): string {
  const { detail } = Object(parseJson(text)) as { detail?: unknown }
  return typeof detail === 'string' ? detail : ''
}
