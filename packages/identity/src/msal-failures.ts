import { proxyProblem } from '@entra-agents/service-kit'
import type { OutboundResponse } from '@entra-agents/service-kit/send'
import { needsUser } from '@entra-agents/trace'
import { parseJson } from './downstream/responses.ts'
import { type IdentityProblemCode, identityProblem } from './problems.ts'
import { explainRefusal, type FailureContext, type TokenFailure } from './sidecar-failures.ts'

/** What to do, where the words that all sources share name settings of the sidecar or of this repository's agent. */
const fixes: Partial<Record<IdentityProblemCode, string>> = {
  BLUEPRINT_CREDENTIAL_REJECTED:
    'Give msal a valid credential of the blueprint that blueprintAppId names: the value of a secret (not its id), a certificate, or a clientAssertion.',
  FEDERATION_MISMATCH:
    'Compare issuer, subject and audience of the blueprint’s federated credential with those of the clientAssertion, letter by letter, and see that the agent’s clientId is an agent identity’s id.',
  AGENT_NOT_PERMITTED:
    'See that the agent’s clientId is an agent identity of the blueprint, and assign the API’s app role to it.',
  AGENT_USER_UNUSABLE:
    'Check that the agent user exists, is enabled and has this agent identity as its parent, and that agentUserId is its object id.',
  USER_TOKEN_WRONG_AUDIENCE: 'Ask for the scope access_as_user of the blueprint: it must be the audience.',
  ENTRA_UNAVAILABLE:
    'Try again in a moment; if it stays, check the way to the host of authority on port 443.',
  ENTRA_REFUSED:
    'Check tenantId, blueprintAppId, the agent’s clientId, and appId and scope of the API; then look the AADSTS code up at https://login.microsoftonline.com/error?code=<number>.',
}
const namesSettings = /[Ss]idecar|\bpod\b|AzureAd__|DownstreamApis__|\b[A-Z]+_[A-Z_]+\b/

/** Explains what Entra responded to msal-node in place of a token. Its text may name people, so that only codes and ids are taken from it. */
export function explainEntraResponse(response: OutboundResponse, context: FailureContext): TokenFailure {
  const { status, text } = response
  const { error_description: detail = '', claims } = readError(text)
  const number = /AADSTS(\d+)/.exec(detail)?.[1]
  if (number === undefined) {
    const what =
      status === 429 ? 'Entra is throttling the agent.' : `Entra responded ${status} without a cause.`
    const options = { upstream: { service: 'entra', status }, hint: fixes.ENTRA_UNAVAILABLE }
    return { problem: identityProblem('ENTRA_UNAVAILABLE', what, options), transient: status >= 500 }
  }
  const { problem, transient } = explainRefusal(number, detail, context, undefined)
  const isForUser = problem.code === 'CONDITIONAL_ACCESS_REQUIRED' && needsUser(context.flow)
  return { problem: reword(problem, isForUser ? claims : undefined), transient }
}

/** Explains why there was no response of Entra. */
export function explainNoResponse(error: unknown, url: string): TokenFailure {
  const what = 'Entra cannot be reached, or took too long.'
  const options = { upstream: { service: 'entra' }, hint: fixes.ENTRA_UNAVAILABLE, cause: error }
  const problem = proxyProblem(error, url) ?? identityProblem('ENTRA_UNAVAILABLE', what, options)
  return { problem, transient: problem.code === 'ENTRA_UNAVAILABLE' }
}

/** Explains what msal-node threw without asking Entra: it cannot use the credential, or the function that makes it threw. */
export function explainCredentialError(cause: unknown): TokenFailure {
  const what = 'The blueprint’s credential cannot be used: msal-node sent no request.'
  const options = { hint: fixes.BLUEPRINT_CREDENTIAL_REJECTED, cause }
  return { problem: identityProblem('BLUEPRINT_CREDENTIAL_REJECTED', what, options), transient: false }
}

function reword(
  { code, message, kind, options }: TokenFailure['problem'],
  claimsChallenge: string | undefined,
): TokenFailure['problem'] {
  const known = (code === 'SIDECAR_MISCONFIGURED' ? 'ENTRA_REFUSED' : code) as IdentityProblemCode
  const aadsts = options.upstream?.code
  const says = namesSettings.test(message) ? `Entra refused the token request. (${aadsts})` : message
  const hint = options.hint ?? kind.hint
  return identityProblem(known, says, {
    ...options,
    hint: namesSettings.test(hint) ? (fixes[known] ?? fixes.ENTRA_REFUSED) : hint,
    extensions: { ...options.extensions, ...(claimsChallenge ? { claimsChallenge } : {}) },
  })
}

function readError(text: string): { readonly error_description?: string; readonly claims?: string } {
  const { error_description: detail, claims } = Object(parseJson(text))
  return {
    ...(typeof detail === 'string' ? { error_description: detail } : {}),
    ...(typeof claims === 'string' && typeof parseJson(claims) === 'object' ? { claims } : {}),
  }
}
