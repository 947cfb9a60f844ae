/** Who the agent is. All ids are GUIDs in lower case. */
export interface AgentIdentity {
  /** Client id of the agent identity: the actor of every TR. */
  readonly clientId: string
  /** Client id of the blueprint that the agent identity was created from: the audience of Tc. */
  readonly blueprintAppId: string
  readonly tenantId: string
  /** Entra's origin as services and browsers see it, without a trailing slash. */
  readonly authority: string
}
