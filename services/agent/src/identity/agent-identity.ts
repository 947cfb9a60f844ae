import type { Flow } from '@entra-bedrock-agent/identity-trace'

/** What all agents of this deployment share. All ids are GUIDs in lower case. */
export interface Blueprint {
  /** Client id of the blueprint that the agent identities were created from: the audience of Tc. */
  readonly blueprintAppId: string
  readonly tenantId: string
  /** Entra's origin as services and browsers see it, without a trailing slash. */
  readonly authority: string
}

/** Who an agent is. */
export interface AgentIdentity extends Blueprint {
  /** In kebab-case. */
  readonly name: string
  /** Client id of the agent identity: the actor of every TR. */
  readonly clientId: string
  /** The flows that it can be asked in. */
  readonly flows: readonly Flow[]
}

/** The agents of a deployment: one, as long as requests and the status name none. What works for several takes a list. */
export type Agents = readonly [AgentIdentity]

/** The agent where there is one. With several the compiler finds who has to choose. */
export function onlyAgent([agent]: readonly [AgentIdentity]): AgentIdentity {
  return agent
}
