import { isProblem } from '@entra-agents/service-kit'
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
    throw misconfiguredProblem('The sidecar returned a token that cannot be read, so it was not used.')
  const { header, claims } = decoded
  const checks = [
    checkActor(claims, expected),
    checkTenant(claims, expected),
    checkAudience(claims, expected),
    checkLifetime(claims),
    checkSubject(claims, expected),
  ]
  return { header, claims, checks }
}

const passedCheck = (name: string): Check => ({ name, ok: true })

function checkActor(claims: Claims, { agent, flow }: ExpectedToken): Check {
  const actor = claims['azp'] ?? claims['appid']
  if (typeof actor !== 'string' || actor.toLowerCase() !== agent.clientId) {
    throw identityProblem('AGENT_IDENTITY_NOT_HONOURED', 'The token’s actor is not the agent identity.', {
      upstream: { service: 'sidecar' },
      hint: `Set ${flowRules[flow].overrideSetting}=true on the sidecar.`,
    })
  }
  return passedCheck('actor')
}

function checkTenant(claims: Claims, { agent }: ExpectedToken): Check {
  if (claims['tid'] !== agent.tenantId) {
    throw misconfiguredProblem('The sidecar returned a token of another tenant.')
  }
  return passedCheck('tenant')
}

function checkAudience({ aud }: Claims, { api }: ExpectedToken): Check {
  if (aud !== api.appId && aud !== `api://${api.appId}`) {
    const hint = `Give the agent the client id of the ${api.title} (not the page’s, say), and the sidecar’s entries for it the scope api://<that id>/.default.`
    throw misconfiguredProblem('The sidecar returned a token for another API.', hint)
  }
  return passedCheck('audience')
}

function checkLifetime(claims: Claims): Check {
  const expiresAt = readNumericDate(claims['exp'])
  if (expiresAt === undefined || expiresAt * 1000 <= Date.now()) {
    throw identityProblem('SIDECAR_MISCONFIGURED', 'The sidecar returned an expired token.', {
      upstream: { service: 'sidecar' },
      hint: clockHint,
      extensions: { failedCheck: 'lifetime' },
    })
  }
  return passedCheck('lifetime')
}

function checkSubject(claims: Claims, expected: ExpectedToken): Check {
  try {
    flowRules[expected.flow].requireSubject(claims, expected)
  } catch (error) {
    throw isTokenRefused(error) ? misconfiguredProblem(error.message) : error
  }
  return passedCheck('subject')
}

function misconfiguredProblem(detail: string, hint?: string) {
  return identityProblem('SIDECAR_MISCONFIGURED', detail, { upstream: { service: 'sidecar' }, hint })
}
