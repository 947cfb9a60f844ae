import { randomBytes } from 'node:crypto'
import { type Blueprint, identityProblem } from '@entra-agents/identity/core'
import type { Flow } from '@entra-agents/trace'
import { getFromEntra, readCode } from './entra.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** What is configured for users. */
export interface ForUsers {
  readonly spaClientId: string | undefined
  /** The page’s origin as browsers see it. */
  readonly page: string
  readonly agents: readonly { readonly clientId: string; readonly flows: readonly Flow[] }[]
  /** Client id of an API that agents call. */
  readonly apiAppId: string | undefined
  /** Where users return after they were asked to consent. */
  readonly consentRedirectUri: string | undefined
}

/** Whether users can sign in from the page and consent while they chat, by its origin and by what Entra knows of the clients. */
export function signInChecks(blueprint: Blueprint, forUsers: ForUsers): readonly Check[] {
  const { spaClientId, page, agents, apiAppId, consentRedirectUri } = forUsers
  // One agent that acts for users is enough, since the URI belongs to the blueprint.
  const agent = agents.find(({ flows }) => flows.includes('obo'))
  const redirect: Check = {
    name: 'redirect URI',
    needs: ['Entra'],
    run: async () =>
      spaClientId === undefined
        ? identityProblem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.')
        : checkRedirectUri(blueprint, spaClientId, `${page}/auth/redirect.html`),
  }
  if (!agent || !apiAppId || !consentRedirectUri) return [pageCheck(page), redirect]
  const consent: Check = {
    name: 'consent redirect URI',
    needs: ['Entra'],
    run: () => checkConsent(blueprint, agent.clientId, apiAppId, consentRedirectUri),
  }
  return [pageCheck(page), redirect, consent]
}

function pageCheck(page: string): Check {
  return {
    name: 'page',
    async run() {
      const { protocol, hostname } = new URL(page)
      if (protocol !== 'https:' && !/(^|\.)localhost$|^127\.0\.0\.1$|^\[::1\]$/.test(hostname))
        throw trouble('PAGE_ORIGIN_INSECURE', `${page} is neither https nor localhost.`)
      return `${page} is secure enough for sign-in.`
    },
  }
}

async function checkRedirectUri(blueprint: Blueprint, spaClientId: string, redirectUri: string) {
  const code = await signInSilently(blueprint, redirectUri, {
    client_id: spaClientId,
    response_type: 'code',
    response_mode: 'fragment',
    scope: `api://${blueprint.blueprintAppId}/access_as_user openid`,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  })
  if (code === undefined)
    return `${redirectUri} is registered. Whether users have to consent shows only when one signs in; npx --no-install agentctl entra status compares it.`
  if (code === 'AADSTS50011')
    throw trouble('REDIRECT_URI_NOT_REGISTERED', `Entra does not know ${redirectUri} for the page (${code}).`)
  if (code === 'AADSTS700016')
    throw trouble(
      'CONFIGURATION_INVALID',
      `Entra knows no application ${spaClientId} (${code}).`,
      'Check CLIENT_SPA_APP_ID, and that the application has a service principal in the tenant (Enterprise applications).',
    )
  const says = `Entra does not let the page ask for the blueprint’s access_as_user (${code}).`
  throw identityProblem('ENTRA_REFUSED', says, {
    hint: 'Check BLUEPRINT_APP_ID, its identifier URI api://<BLUEPRINT_APP_ID>, and that its scope access_as_user is there and enabled.',
  })
}

/** Needs no user, and Entra records nothing. */
async function checkConsent(blueprint: Blueprint, agentId: string, apiAppId: string, redirectUri: string) {
  const code = await signInSilently(blueprint, redirectUri, {
    client_id: agentId,
    response_type: 'none',
    response_mode: 'query',
    scope: `api://${apiAppId}/.default`,
  })
  if (code === undefined) return `${redirectUri} is registered on the blueprint.`
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
  throw identityProblem('ENTRA_REFUSED', `Entra does not let users be asked to consent (${code}).`)
}

/**
 * Asks Entra for a silent sign-in without a user. Entra shows faults of the client on a page of its own, and redirects in
 * all other cases.
 *
 * @returns the code of Entra’s refusal; `undefined` if it refuses only because no user is signed in
 */
export async function signInSilently(
  { authority, tenantId }: Pick<Blueprint, 'authority' | 'tenantId'>,
  redirectUri: string,
  request: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const query = new URLSearchParams({ ...request, redirect_uri: redirectUri, prompt: 'none' })
  const response = await getFromEntra(`${authority}/${tenantId}/oauth2/v2.0/authorize?${query}`)
  const location = response.headers.get('location') ?? ''
  const back = location.startsWith(redirectUri) ? new URL(location) : undefined
  const answer = new URLSearchParams(back?.hash.slice(1) || back?.search)
  if (['login_required', 'interaction_required'].includes(answer.get('error') ?? '')) return undefined
  return readCode(answer.get('error_description') ?? (await response.text())) ?? 'without a code'
}
