import type { Flow } from '@entra-agents/trace'

/** What all agents of this deployment share. All ids are GUIDs in lower case. */
export interface Blueprint {
  /** Client id of the blueprint that the agent identities were created from: the audience of Tc. */
  readonly blueprintAppId: string
  readonly tenantId: string
  /** Entra's origin as services and browsers see it, without a trailing slash. */
  readonly authority: string
}

export interface AgentIdentity extends Blueprint {
  /** In kebab-case. */
  readonly name: string
  /** The agent's name for people and for the model, if it has one. */
  readonly title?: string
  /** What the page says about the agent. */
  readonly description?: string
  /** Client id of the agent identity: the actor of every TR. */
  readonly clientId: string
  /** Object id of the user account that the agent has in Entra (an agent user); set if it has the flow `agent-user`. */
  readonly agentUserId?: string
  /** The flows in which the agent can be asked. */
  readonly flows: readonly Flow[]
  /** Whether users must be signed in to ask the agent, whatever the flow. Default: as for the whole deployment. */
  readonly requireSignIn?: boolean
  /** Whether the page offers to watch how APIs deny this agent, since it has no right at any. It gives and takes none. */
  readonly withoutRights?: boolean
  /** Names of the APIs and MCP servers that the agent may use. Default: all. */
  readonly apis?: readonly string[]
  /** Which of them the agent has a right to change, as the page says. It gives and takes no right. */
  readonly changes?: readonly string[]
}

/** The agents of a deployment. The first one answers if a request names none. */
export type Agents = readonly [AgentIdentity, ...AgentIdentity[]]

/** Whether an agent may use an API. */
export function mayUseApi({ apis }: AgentIdentity, { name }: { readonly name: string }): boolean {
  return apis?.includes(name) ?? true
}
