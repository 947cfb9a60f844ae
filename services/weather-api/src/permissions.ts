import type { AccessNeeds, AllowedCaller } from '@entra-agents/tokens'

const rights = {
  weather: { role: 'Weather.Read.All', scope: 'Weather.Read' },
  alerts: { role: 'Alerts.ReadWrite.All', scope: 'Alerts.ReadWrite' },
} as const

/**
 * What a token needs for each kind of call. Agent users may call only if `callers` lists an agent user.
 *
 * @param authenticationContext the context that users' tokens have to prove for changes of alerts
 */
export function describeNeeds(callers: readonly AllowedCaller[], authenticationContext: string | undefined) {
  const hasAgentUser = callers.some(({ agentUserId }) => agentUserId !== undefined)
  /** Needs one of these rights: as an app role if the caller calls as itself, else as a scope. */
  const oneOf = (...names: readonly (keyof typeof rights)[]): AccessNeeds => {
    const roles = names.map(name => rights[name].role)
    const scopes = names.map(name => rights[name].scope)
    return {
      permissions: { autonomous: roles, obo: scopes, ...(hasAgentUser ? { 'agent-user': scopes } : {}) },
    }
  }
  return {
    weather: oneOf('weather'),
    readAlerts: oneOf('alerts'),
    changeAlerts: { ...oneOf('alerts'), authenticationContext },
    any: oneOf('weather', 'alerts'),
  }
}
