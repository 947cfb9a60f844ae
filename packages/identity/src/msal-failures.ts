import { parseJson, proxyProblem } from '@entra-agents/service-kit'
import type { OutboundResponse } from '@entra-agents/service-kit/send'
import { needsUser } from '@entra-agents/trace'
import { type IdentityProblemCode, identityProblem } from './problems.ts'
import { explainRefusal, type FailureContext, type TokenFailure } from './sidecar-failures.ts'

/** What to do, where the words that all sources share name the sidecar or its settings. */
const fixes: Partial<Record<IdentityProblemCode, string>> = {
  BLUEPRINT_CREDENTIAL_REJECTED:
    'Give msal a valid credential of the blueprint that blueprintAppId names: the value of a secret (not its id), a certificate, or a clientAssertion.',
  FEDERATION_MISMATCH:
    'Compare issuer, subject and audience of the blueprint’s federated credential with those of the clientAssertion, letter by letter, and see that the agent’s clientId is an agent identity’s id.',
  ENTRA_REFUSED:
    'Check tenantId, blueprintAppId, the agent’s clientId, and appId and scope of the API; then look the AADSTS code up at https://login.microsoftonline.com/error?code=<number>.',
}
const namesSettings = /[Ss]idecar|\bpod\b|AzureAd__|DownstreamApis__/

/** Explains what Entra responded to msal-node in place of a token. Its text may name people, so that only codes and ids are taken from it. */
export function explainEntraResponse(response: OutboundResponse, context: FailureContext): TokenFailure {
  const { status, text } = response
  const { error_description: detail = '', claims } = readError(text)
  const number = /AADSTS(\d+)/.exec(detail)?.[1]
  if (number === undefined) {
    const what =
      status === 429 ? 'Entra is throttling the agent.' : `Entra responded ${status} without a cause.`
    const upstream = { service: 'entra', status }
    return { problem: identityProblem('ENTRA_UNAVAILABLE', what, { upstream }), transient: status >= 500 }
  }
  const { problem, transient } = explainRefusal(number, detail, context, undefined)
  const isBlocked = problem.options.extensions?.['blockedByPolicy'] === true
  const isForUser = problem.code === 'CONDITIONAL_ACCESS_REQUIRED' && needsUser(context.flow)
  const policyIds = isBlocked ? policyIdsOf(claims) : []
  const added = {
    ...(claims && isForUser && !isBlocked ? { claimsChallenge: claims } : {}),
    ...(policyIds.length > 0 ? { policyIds } : {}),
  }
  return { problem: reword(problem, added), transient }
}

/** Explains why there was no response of Entra. */
export function explainNoResponse(error: unknown, url: string): TokenFailure {
  const what = 'Entra cannot be reached, or took too long.'
  const options = { upstream: { service: 'entra' }, cause: error }
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
  added: { readonly claimsChallenge?: string; readonly policyIds?: readonly string[] },
): TokenFailure['problem'] {
  const known = (code === 'SIDECAR_MISCONFIGURED' ? 'ENTRA_REFUSED' : code) as IdentityProblemCode
  const aadsts = options.upstream?.code
  const says = namesSettings.test(message) ? `Entra refused the token request. (${aadsts})` : message
  const hints = [options.hint, fixes[known], kind.hint, fixes.ENTRA_REFUSED]
  return identityProblem(known, says, {
    ...options,
    hint: hints.find(hint => hint && !namesSettings.test(hint)),
    extensions: { ...options.extensions, ...added },
  })
}

/** The policies that a refusal names, in the form that Entra is known to use for users. */
function policyIdsOf(claims = '{}'): readonly string[] {
  const { capolids } = Object(Object(parseJson(claims)).access_token)
  const { values } = Object(capolids)
  return (Array.isArray(values) ? values : []).filter(id =>
    /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id),
  )
}

function readError(text: string): { readonly error_description?: string; readonly claims?: string } {
  const { error_description: detail, claims } = Object(parseJson(text))
  return {
    ...(typeof detail === 'string' ? { error_description: detail } : {}),
    ...(typeof claims === 'string' && typeof parseJson(claims) === 'object' ? { claims } : {}),
  }
}
