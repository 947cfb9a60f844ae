import type { AccessRules, AllowedCaller } from '@entra-bedrock-agent/entra-tokens'

const role = 'Weather.Read.All'
const scope = 'Weather.Read'

/**
 * The permission that a token needs: an app role for callers as themselves, a scope for all others. Agent users may call only
 * where the list of callers names one.
 */
export function permissionsFor(callers: readonly AllowedCaller[]): AccessRules['permissions'] {
  const hasAgentUser = callers.some(({ agentUserId }) => agentUserId !== undefined)
  return { autonomous: role, obo: scope, ...(hasAgentUser ? { 'agent-user': scope } : {}) }
}
