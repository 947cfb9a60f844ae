import { isProblem, ProblemError } from '@entra-agents/service-kit'
import { type Claims, decodeToken, isTokenRefused } from '@entra-agents/tokens/verify'
import { type Check, readNumericDate } from '@entra-agents/trace'
import { type ExpectedToken, flowRules } from './flows.ts'
import { identityProblem } from './problems.ts'

export const clockHint =
  'Check that the clocks of the agent’s node and of the API’s node are right (NTP), then ask again.'

/** Whether `acceptAgentToken` threw this because the token has expired. */
export function isExpiry(error: unknown): boolean {
  return isProblem(error) && error.options.extensions?.['failedCheck'] === 'lifetime'
}

/**
 * Accepts TR only if it is what was asked for. The sidecar responds 200 with the blueprint's own token when it does
 * not honour the agent identity, and with an app token when its settings make it ignore the user; neither may be used.
 * Verifying the signature is the API's task: to a client, TR is opaque.
 *
 * @returns header and claims of TR, and the checks, all of which passed
 * @throws ProblemError AGENT_IDENTITY_NOT_HONOURED, TOKEN_FLOW_MISMATCH or SIDECAR_MISCONFIGURED
 */
export function acceptAgentToken(raw: string, expected: ExpectedToken) {
  const decoded = decodeToken(raw)
  if (!decoded)
    throw afterCheck(
      'format',
      misconfiguredProblem('The sidecar returned a token that cannot be read, so it was not used.'),
    )
  const { header, claims } = decoded
  const checks = Object.entries(requirements).map(([name, require]): Check => {
    try {
      require(claims, expected)
    } catch (error) {
      throw afterCheck(name, isTokenRefused(error) ? misconfiguredProblem(error.message) : error)
    }
    return { name, ok: true }
  })
  return { header, claims, checks }
}

/** What TR has to be; each throws a ProblemError if TR is something else. */
const requirements: Readonly<Record<string, (claims: Claims, expected: ExpectedToken) => void>> = {
  actor({ azp, appid }, { agent, flow }) {
    const actor = azp ?? appid
    if (typeof actor !== 'string' || actor.toLowerCase() !== agent.clientId)
      throw identityProblem('AGENT_IDENTITY_NOT_HONOURED', 'The token’s actor is not the agent identity.', {
        upstream: { service: 'sidecar' },
        hint: `Set ${flowRules[flow].overrideSetting}=true on the sidecar.`,
      })
  },
  tenant({ tid }, { agent }) {
    if (tid !== agent.tenantId) throw misconfiguredProblem('The sidecar returned a token of another tenant.')
  },
  audience({ aud }, { api }) {
    if (aud === api.appId || aud === `api://${api.appId}`) return
    const hint = `Give the agent the client id of the ${api.title} (not the page’s, say), and the sidecar’s entries for it the scope api://<that id>/.default. If both are right, see in Entra whose that URI is.`
    throw misconfiguredProblem('The sidecar returned a token for another API.', hint)
  },
  lifetime({ exp }) {
    const expiresAt = readNumericDate(exp)
    if (expiresAt === undefined || expiresAt * 1000 <= Date.now())
      throw misconfiguredProblem('The sidecar returned an expired token.', clockHint)
  },
  subject: (claims, expected) => flowRules[expected.flow].requireSubject(claims, expected),
}

/** The problem with the name of the check that TR failed: TR came, and was not used. */
function afterCheck(failedCheck: string, error: unknown): unknown {
  if (!isProblem(error)) return error
  const { code, kind, message, options } = error
  const extensions = { ...options.extensions, failedCheck }
  return new ProblemError(code, kind, message, { ...options, extensions })
}

function misconfiguredProblem(detail: string, hint?: string) {
  return identityProblem('SIDECAR_MISCONFIGURED', detail, { upstream: { service: 'sidecar' }, hint })
}
