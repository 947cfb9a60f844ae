import { tenant } from '@entra-agents/demo-tenant'
import type { AgentIdentity } from '@entra-agents/identity'

const { users, apis, agents } = tenant

/** The identities of the emulated tenant, the same in every test. */
export const identities = {
  tenantId: tenant.tenantId,
  blueprintAppId: tenant.blueprint.appId,
  agentId: agents.weather.id,
  agentUserId: agents.weather.user.id,
  alertsAgentId: agents.alerts.id,
  traineeAgentId: agents.trainee.id,
  weatherAppId: apis['weather-api'].appId,
  pageAppId: tenant.page.appId,
  ada: describeUser(users.ada),
  ben: describeUser(users.ben),
} as const

function describeUser({ id, displayName, mail }: typeof users.ada) {
  return { oid: id, name: displayName, upn: mail } as const
}

/** The agent identity in the form of the agent's configuration. */
export const agentIdentity: AgentIdentity = {
  name: 'default',
  flows: ['autonomous', 'obo'],
  clientId: identities.agentId,
  blueprintAppId: identities.blueprintAppId,
  tenantId: identities.tenantId,
  authority: 'https://login.microsoftonline.com',
}
