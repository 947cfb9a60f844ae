import { StepFailed } from '../set-up/step-failed.ts'
import { explainSystemError } from '../set-up/system-errors.ts'
import { visible } from '../set-up/visible.ts'
import { GraphRefusal, type GraphRequest, GraphUnreachable } from './graph.ts'
import type { Access, AccessByMethod } from './objects/access.ts'
import { NotYet } from './patience.ts'

type Explanation = readonly [cause: string, fix: string]

const runAgain = 'Run the same command again: it goes on where this run stopped.'

/** Turns an error of Graph in a step into a `StepFailed` with cause and fix; returns all other errors unchanged. */
export function toStepFailed(
  error: unknown,
  { title, access }: { title: string; access: AccessByMethod },
): unknown {
  if (error instanceof NotYet)
    return new StepFailed(title, 'NotYet', `${error.message}, even after waiting.`, runAgain)
  if (error instanceof GraphUnreachable) {
    const { cause = '', fix = '' } = explainSystemError(error.cause, error.url) ?? {}
    const why = `${error.message} ${cause}`.trim()
    return new StepFailed(title, 'GraphUnreachable', why, `${fix} ${runAgain}`.trim())
  }
  if (!(error instanceof GraphRefusal)) return error
  const { request, status, code, message, requestId } = error
  const [cause, fix] = explanationFor(error, accessFor(request, access))
  const words = `Graph says to ${request.method} ${request.path}: ${status} "${visible(message)}"${requestId ? ` (request-id ${requestId})` : ''}`
  return new StepFailed(title, code, `${cause}\n${words}`, fix)
}

function accessFor({ method, body = {} }: GraphRequest, access: AccessByMethod): Access {
  const isRenaming = 'displayName' in body || 'description' in body
  return (method === 'PATCH' && isRenaming ? access.rename : undefined) ?? access[method] ?? access.POST
}

function explanationFor(refusal: GraphRefusal, { permission, role, advice = '' }: Access): Explanation {
  const { status, code, retryAfterSeconds: seconds } = refusal
  const byCode = explanationByCode[code]
  if (byCode) return byCode
  const needed = role === undefined ? '' : `the role "${role}" (activate it where it is eligible only) and `
  const notAllowed = `It takes ${needed}a token with the permission ${permission}. ${advice}${howToGetAccess}`
  // biome-ignore format: table
  const explanations: readonly (readonly [isSo: boolean, cause: string, fix: string])[] = [
    [/ServiceManagementReference|ServiceTree/i.test(refusal.message), 'This tenant demands a service management reference of every application.', 'Ask your identity team for yours and add --service-management-reference <reference>.'],
    [status === 401, 'Graph does not accept the token: it has expired, or is not for Microsoft Graph.', 'Sign in anew: az login, or --sign-in device-code or browser. A token from a file has to be a fresh one.'],
    [/\blicen[cs]e/i.test(refusal.message), 'The tenant has no licence for this.', 'Conditional Access takes Microsoft Entra ID P1, and risk P2. The emulated tenant of npm run demo takes none.'],
    [status === 403, 'The signed-in user or application may not do this.', notAllowed],
    [status === 404, 'Something that this step needs is not there.', `npx --no-install agentctl entra status shows what. ${runAgain}`],
    [seconds !== undefined, `Graph asks to wait ${seconds} seconds, which is longer than this run waits for one thing.`, `Wait that long, or have it waited for: --wait ${seconds}. ${runAgain}`],
    [status === 429 || status >= 500, 'Graph has too many requests, or a problem of its own.', `Wait some minutes. ${runAgain}`],
    [refusal.request.path.endsWith('/addPassword'), 'Policies of the tenant may forbid client secrets or limit their lifetime.', 'Use a federated credential (--cluster-issuer and --service-account), or a shorter lifetime (--secret-days).'],
    [true, 'Graph refuses the request.', 'Mend what Graph names. This step has changed nothing.'],
  ]
  const [, cause = '', fix = ''] = explanations.find(([isSo]) => isSo) ?? []
  return [cause, fix]
}

/** What to do if access is missing. */
export const howToGetAccess =
  'Then sign in anew; where the tenant refuses tokens of the Azure CLI for agents, with --sign-in device-code or browser. ' +
  'Or send an administrator who has the access this command and the output of npx --no-install agentctl entra plan.'

function limitReached(what: string): Explanation {
  return [
    `There are as many ${what} as there may be, those deleted in the last 30 days included.`,
    'Delete some for good (Entra admin center, deleted applications), or have the limit raised.',
  ]
}

// biome-ignore format: table
const explanationByCode: Readonly<Record<string, Explanation>> = {
  Agent_Directory_QuotaExceeded: limitReached('objects in the tenant'),
  AgentBlueprint_LimitExceeded: limitReached('blueprints in the tenant'),
  AgentIdentity_LimitExceeded: limitReached('agent identities of this blueprint'),
  AgentBlueprint_NotSupportedOnApiVersion: ['The tenant does not have agent identities on Graph v1.0.', 'Have Microsoft Entra Agent ID switched on for the tenant.'],
  AgentIdentity_IncompatibleParentType: ['What the receipt names as the blueprint is none.', 'Use the receipt of this set-up (--receipt).'],
  Error_AgentIdentitySelfCreateRequired: ['The token is that of a blueprint, which may make agents of its own only.', 'Sign in as a user with the role "Agent ID Developer".'],
  HostNameNotOnVerifiedDomain: ['The tenant does not allow identifier URIs of this form.', 'Ask your identity team to allow api://<client id>, which Entra itself proposes.'],
  CannotDeleteOrUpdateEnabledEntitlement: ['A scope or role was changed by hand, and Entra changes disabled ones only.', 'Disable it (Entra admin center: Expose an API, App roles), then run this again.'],
  Request_MultipleObjectsWithSameKeyValue: ['There is such an object already.', runAgain],
}
