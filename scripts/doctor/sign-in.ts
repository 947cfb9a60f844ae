import { randomBytes } from 'node:crypto'
import type { Blueprint } from '../../services/agent/src/identity/agent-identity.ts'
import { problem } from '../../services/agent/src/problems.ts'
import { getFromEntra, readCode } from './entra.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Whether users can sign in from the page: its origin, and what Entra knows of the page's client. */
export function signInChecks(
  blueprint: Blueprint,
  { spaClientId, page }: { readonly spaClientId: string | undefined; readonly page: string },
): readonly Check[] {
  return [
    {
      name: 'page',
      async run() {
        const { protocol, hostname } = new URL(page)
        if (protocol !== 'https:' && !/(^|\.)localhost$|^127\.0\.0\.1$|^\[::1\]$/.test(hostname))
          throw trouble('PAGE_ORIGIN_INSECURE', `${page} is neither https nor localhost.`)
        return `${page} is secure enough for sign-in.`
      },
    },
    {
      name: 'redirect URI',
      needs: ['Entra'],
      async run() {
        if (spaClientId === undefined)
          return problem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.')
        return checkRedirectUri(blueprint, spaClientId, `${page}/auth/redirect.html`)
      },
    },
  ]
}

async function checkRedirectUri(
  blueprint: Blueprint,
  spaClientId: string,
  redirectUri: string,
): Promise<string> {
  const { isUserMissing, code } = await signInSilently(blueprint, redirectUri, {
    client_id: spaClientId,
    response_type: 'code',
    response_mode: 'fragment',
    scope: `api://${blueprint.blueprintAppId}/access_as_user openid`,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  })
  if (code === 'AADSTS50011')
    throw trouble('REDIRECT_URI_NOT_REGISTERED', `Entra does not know ${redirectUri} for the page (${code}).`)
  if (code === 'AADSTS700016')
    throw trouble(
      'CONFIGURATION_INVALID',
      `Entra knows no application ${spaClientId} (${code}).`,
      'Check CLIENT_SPA_APP_ID, and that the application has a service principal in the tenant (Enterprise applications).',
    )
  if (!isUserMissing)
    throw problem(
      'ENTRA_REFUSED',
      `Entra does not let the page ask for the blueprint’s access_as_user (${code ?? 'without a code'}).`,
      {
        hint: 'Check BLUEPRINT_APP_ID, its identifier URI api://<BLUEPRINT_APP_ID>, and that its scope access_as_user is there and enabled.',
      },
    )
  return `${redirectUri} is registered. Whether users have to consent shows only when one signs in; npx --no-install agentctl entra status compares it.`
}

/** What a request for consent names: the agent, the API that the agent calls, and where users return afterwards. */
interface ConsentRoute {
  readonly agentClientId: string
  /** Client id of the API. */
  readonly appId: string
  readonly redirectUri: string
}

/** Whether users can be asked to consent while they chat. The check needs no user, and Entra records nothing. */
export function consentCheck(blueprint: Blueprint, route: ConsentRoute): Check {
  return { name: 'consent redirect URI', needs: ['Entra'], run: () => checkConsent(blueprint, route) }
}

async function checkConsent(blueprint: Blueprint, { agentClientId, appId, redirectUri }: ConsentRoute) {
  const { isUserMissing, code } = await signInSilently(blueprint, redirectUri, {
    client_id: agentClientId,
    response_type: 'none',
    response_mode: 'query',
    scope: `api://${appId}/.default`,
  })
  if (isUserMissing) return `${redirectUri} is registered on the blueprint.`
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

/**
 * Asks Entra for a silent sign-in without a user. Entra shows faults of the client on a page of its own, and redirects in
 * all other cases.
 *
 * @returns whether Entra refuses only because no user is signed in, and the code of the refusal
 */
async function signInSilently(
  { authority, tenantId }: Blueprint,
  redirectUri: string,
  request: Readonly<Record<string, string>>,
): Promise<{ readonly isUserMissing: boolean; readonly code: string | undefined }> {
  const query = new URLSearchParams({ ...request, redirect_uri: redirectUri, prompt: 'none' })
  const response = await getFromEntra(`${authority}/${tenantId}/oauth2/v2.0/authorize?${query}`)
  const location = response.headers.get('location') ?? ''
  const back = location.startsWith(redirectUri) ? new URL(location) : undefined
  const said = new URLSearchParams(back?.hash.slice(1) || back?.search)
  return {
    isUserMissing: ['login_required', 'interaction_required'].includes(said.get('error') ?? ''),
    code: readCode(said.get('error_description') ?? (await response.text())),
  }
}
