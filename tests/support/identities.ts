import type { AgentIdentity } from '@entra-agents/identity/core'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }

const { tenant, users, apps } = seed
const { id: blueprintAppId, agents } = seed.blueprints.weather

/** The identities of the emulated tenant, the same in every test. */
export const identities = {
  tenantId: tenant.id,
  blueprintAppId,
  agentId: agents['weather-agent'].id,
  agentUserId: agents['weather-agent'].user.id,
  alertsAgentId: agents['alerts-agent'].id,
  traineeAgentId: agents['trainee-agent'].id,
  weatherAppId: apps['weather-api'].id,
  pageAppId: apps.page.id,
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
