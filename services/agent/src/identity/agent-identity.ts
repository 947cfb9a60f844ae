import type { Flow } from '@entra-bedrock-agent/identity-trace'

/** What all agents of this deployment share. All ids are GUIDs in lower case. */
export interface Blueprint {
  /** Client id of the blueprint that the agent identities were created from: the audience of Tc. */
  readonly blueprintAppId: string
  readonly tenantId: string
  /** Entra's origin as services and browsers see it, without a trailing slash. */
  readonly authority: string
}

/** An agent identity. */
export interface AgentIdentity extends Blueprint {
  /** In kebab-case. */
  readonly name: string
  /** Client id of the agent identity: the actor of every TR. */
  readonly clientId: string
  /** The flows that it can be asked in. */
  readonly flows: readonly Flow[]
}

/**
 * The agents of a deployment: exactly one, as long as requests and status do not name an agent. Code that works for several
 * takes a list.
 */
export type Agents = readonly [AgentIdentity]

/** The only agent. When there are several, a type error shows where one has to be chosen. */
export function onlyAgent([agent]: readonly [AgentIdentity]): AgentIdentity {
  return agent
}
