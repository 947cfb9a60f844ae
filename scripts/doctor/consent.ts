import { problem } from '../../services/agent/src/problems.ts'
import { ask, readCode } from './ask.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Whom the agent asks users to let act, and where they come back to. */
export interface ConsentRoute {
  readonly authority: string
  readonly tenantId: string
  readonly agentClientId: string
  /** Of the API. */
  readonly appId: string
  readonly redirectUri: string
}

/** Whether users can be asked to consent while they chat: Entra shows it without a user, and without recording anything. */
export function consentCheck(route: ConsentRoute): Check {
  return { name: 'consent redirect URI', needs: ['Entra'], run: () => checkRoute(route) }
}

async function checkRoute({ authority, tenantId, agentClientId, appId, redirectUri }: ConsentRoute) {
  const query = new URLSearchParams({
    client_id: agentClientId,
    response_type: 'none',
    response_mode: 'query',
    redirect_uri: redirectUri,
    scope: `api://${appId}/.default`,
    prompt: 'none',
  })
  const response = await ask(`${authority}/${tenantId}/oauth2/v2.0/authorize?${query}`)
  const location = response.headers.get('location')
  const said = location?.startsWith(redirectUri) ? new URL(location).searchParams : undefined
  if (['login_required', 'interaction_required'].includes(said?.get('error') ?? ''))
    return `${redirectUri} is registered on the blueprint.`
  const code = readCode(said?.get('error_description') ?? (await response.text()))
  if (code === 'AADSTS50011' || code === 'AADSTS82001')
    throw trouble(
      'CONSENT_URI_NOT_REGISTERED',
      `Entra does not know ${redirectUri} for agents of the blueprint (${code}).`,
      `Register it as redirect URI of the blueprint, under the platform “Web”: \`npx --no-install agentctl entra apply --consent-uri ${redirectUri}\``,
    )
  if (code === 'AADSTS82014')
    return trouble(
      'CONSENT_URI_NOT_REGISTERED',
      `Entra lets users consent to no agent in this way (${code}).`,
      'Let an administrator consent for all users (docs/approval.md, “Consent”): `npx --no-install agentctl entra apply --alerts all-users`',
    )
  throw problem(
    'ENTRA_REFUSED',
    `Entra does not let users be asked to consent (${code ?? 'without a code'}).`,
  )
}
