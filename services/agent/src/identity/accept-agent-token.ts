import { type Check, decodeJwt, type Flow } from '@entra-bedrock-agent/identity-trace'
import { problem } from '../problems.ts'

type Claims = Readonly<Record<string, unknown>>

/** What TR has to be. */
export interface ExpectedToken {
  readonly flow: Flow
  readonly agentClientId: string
  readonly tenantId: string
  readonly weatherApiAppId: string
  /** The person's object id; there in the `obo` flow only. */
  readonly personId: string | undefined
}

export interface AcceptedToken {
  readonly header: Claims
  readonly claims: Claims
  /** The checks that the agent made; all of them passed. */
  readonly checks: readonly Check[]
}

/**
 * Accepts TR only if it is what was asked for. The sidecar answers 200 with the blueprint's own token when it does
 * not honour the agent identity, and with an app token where it was told to ignore the person; both must not be used.
 * The signature is the weather API's to verify: TR is opaque to whoever merely carries it.
 *
 * @throws ProblemError AGENT_IDENTITY_NOT_HONOURED, TOKEN_FLOW_MISMATCH or SIDECAR_MISCONFIGURED
 */
export function acceptAgentToken(token: string, expected: ExpectedToken): AcceptedToken {
  const decoded = decodeJwt(token)
  if (!decoded) throw misconfigured('The sidecar returned a token that cannot be read, so it was not used.')
  const { header, claims } = decoded
  requireActor(claims, expected)
  const { tenantId, weatherApiAppId } = expected
  if (claims['tid'] !== tenantId) throw misconfigured('The sidecar returned a token of another tenant.')
  if (claims['aud'] !== weatherApiAppId && claims['aud'] !== `api://${weatherApiAppId}`) {
    throw misconfigured('The sidecar returned a token for another API.')
  }
  const { exp } = claims
  if (typeof exp !== 'number' || exp * 1000 <= Date.now()) {
    throw misconfigured(
      'The sidecar returned an expired token.',
      'Check that the clocks of node and Entra agree.',
    )
  }
  requireFlow(claims, expected)
  const names = ['actor', 'tenant', 'audience', 'lifetime', 'flow']
  if (expected.flow === 'obo') names.push('person')
  return { header, claims, checks: names.map(name => ({ name, ok: true })) }
}

function requireActor(claims: Claims, { agentClientId, flow }: ExpectedToken): void {
  const actor = claims['azp'] ?? claims['appid']
  if (typeof actor === 'string' && actor.toLowerCase() === agentClientId) return
  const route = flow === 'obo' ? 'GetAuthorizationHeader' : 'GetAuthorizationHeaderUnauthenticated'
  throw problem('AGENT_IDENTITY_NOT_HONOURED', 'The token’s actor is not the agent identity.', {
    upstream: { service: 'sidecar' },
    hint: `Set Sidecar__AllowOverrides__${route}=true on the sidecar.`,
  })
}

/** Entra marks app-only tokens with `idtyp`; without that optional claim, `scp` is what only a person's token has. */
function requireFlow(claims: Claims, { flow, personId }: ExpectedToken): void {
  const { idtyp, scp, oid } = claims
  const isDelegated = typeof scp === 'string' && scp !== ''
  if (flow === 'autonomous') {
    if (isDelegated || (idtyp !== undefined && idtyp !== 'app')) {
      throw mismatch('The token acts for a person although the agent asked for its own.')
    }
    return
  }
  if (!isDelegated || idtyp === 'app') {
    throw mismatch('The token is the agent’s own although it was to act for a person.')
  }
  if (personId === undefined || oid !== personId) throw mismatch('The token acts for another person.')
}

function mismatch(detail: string) {
  return problem('TOKEN_FLOW_MISMATCH', detail, { upstream: { service: 'sidecar' } })
}

function misconfigured(detail: string, hint?: string) {
  return problem('SIDECAR_MISCONFIGURED', detail, { upstream: { service: 'sidecar' }, hint })
}
