import type { ServicePrincipal } from '../directory/types.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { exchangeSubjectPrefix } from '../tokens/exchange-token.ts'
import { isWithinLifetime, readOwnToken } from '../tokens/verify.ts'
import { readAssertion, refuseOutOfTime } from './client-assertion.ts'

/** Checks T1: signed here, for the token exchange, by the agent's own blueprint, for this very agent. */
export async function checkExchangeToken(entra: Entra, jwt: string, agent: ServicePrincipal): Promise<void> {
  const { header, claims } = readAssertion(jwt)
  if (claims.iss !== entra.issuerV1) throw refusal(700211, { issuer: claims.iss ?? '' })
  const token = await readOwnToken(entra, jwt)
  if (!token) throw refusal(700027, { key: header.kid ?? '' })
  if (token.aud !== wellKnown.tokenExchangeAppId) throw refusal(700212, { audience: String(token.aud) })
  const blueprint = agent.agentIdentityBlueprintId ?? ''
  const expected = `${exchangeSubjectPrefix(entra.config.tenantId, blueprint)}${agent.id}`
  if (token.sub !== expected) throw refusal(700213, { subject: token.sub ?? '' })
  if (!isWithinLifetime(entra, token)) refuseOutOfTime(entra, token)
}
