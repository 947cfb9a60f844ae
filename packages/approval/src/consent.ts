import { randomBytes } from 'node:crypto'
import type { AgentIdentity, DownstreamApi } from '@entra-agents/identity/core'
import type { ConsentRequest, NeededRight } from '@entra-agents/trace'

/**
 * The URLs at which a user consents to an agent that acts for them, and an administrator consents for all users.
 * Entra records the consent and returns no token. An agent identity has no redirect URI, so the blueprint's is used. See
 * https://learn.microsoft.com/entra/agent-id/interactive-agent-authentication-authorization-flow
 *
 * @param redirectUri registered as a web redirect URI of the blueprint
 * @param loginHint the user's name at Entra, so that no other account consents
 */
export function describeConsent(
  { authority, tenantId, clientId }: AgentIdentity,
  api: DownstreamApi,
  { permission }: NeededRight,
  redirectUri: string,
  loginHint: string | undefined,
): ConsentRequest {
  const state = randomBytes(16).toString('base64url')
  const scopes = scopesOf(api, permission)
  const scope = scopes.map(name => `api://${api.appId}/${name}`).join(' ')
  const shared = { client_id: clientId, scope, redirect_uri: redirectUri, state }
  const user = {
    ...shared,
    response_type: 'none',
    response_mode: 'query',
    ...(loginHint === undefined ? {} : { login_hint: loginHint }),
  }
  const at = (path: string, query: Readonly<Record<string, string>>) =>
    `${authority}/${tenantId}/${path}?${new URLSearchParams(query)}`
  return {
    url: at('oauth2/v2.0/authorize', user),
    adminUrl: at('v2.0/adminconsent', shared),
    state,
    scopes: scopes.map(value => ({ value, text: `Use the ${api.title} for you` })),
  }
}

/** The scopes to consent to: none that an API has named by itself. Without configured scopes, those that Entra knows of the agent. */
function scopesOf({ permissions, scopes }: DownstreamApi, permission: string): readonly string[] {
  return permissions || scopes ? permission.split(', ') : ['.default']
}
