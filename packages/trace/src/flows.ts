/**
 * The flows: whose rights the agent uses when it calls an API. This table is the only list of them; types, schemas and loops
 * are derived from it. Code that depends on the flow is a `Record` by `Flow` or `ActsAs`, so that a new row causes a
 * type error wherever code has to handle the new flow.
 */
interface FlowTraits {
  /** As whom the agent calls; ends a sentence: “The agent calls on behalf of a user.” */
  readonly inWords: string
  /**
   * Whose rights TR has: with `user`, those of the signed-in user, whose token (Tc) the agent then needs; with `agent-user`,
   * those of the user account that the agent itself has in Entra.
   */
  readonly actsAs: string
  /** What gives TR its rights: an app role of the agent, or a delegated scope. */
  readonly right: 'role' | 'scope'
  /** Whether agents and MCP servers have this flow by default. */
  readonly isDefault: boolean
  /** The sidecar's configuration entry for an API in this flow. Its name is that of the API with this suffix. */
  readonly sidecarEntry: { readonly suffix: string; readonly requestAppToken: boolean }
}

export const flows = {
  autonomous: {
    inWords: 'as itself',
    actsAs: 'agent',
    right: 'role',
    isDefault: true,
    sidecarEntry: { suffix: 'App', requestAppToken: true },
  },
  obo: {
    inWords: 'on behalf of a user',
    actsAs: 'user',
    right: 'scope',
    isDefault: true,
    sidecarEntry: { suffix: '', requestAppToken: false },
  },
  'agent-user': {
    inWords: 'as its own user account',
    actsAs: 'agent-user',
    right: 'scope',
    isDefault: false,
    sidecarEntry: { suffix: '', requestAppToken: false },
  },
} as const satisfies Readonly<Record<string, FlowTraits>>

export type Flow = keyof typeof flows

/** Whose rights TR has: the agent's own, the signed-in user's, or those of the agent's user account. */
export type ActsAs = (typeof flows)[Flow]['actsAs']

/** All flows, in the order in which the page shows them. */
export const flowNames: readonly Flow[] = Object.keys(flows) as Flow[]

/** The flows that agents and MCP servers have by default. */
export const defaultFlows: readonly Flow[] = flowNames.filter(flow => flows[flow].isDefault)

/** A record with a value for each flow. */
export function mapFlows<Value>(make: (flow: Flow) => Value): Record<Flow, Value>
export function mapFlows<Value>(make: (flow: Flow) => Value): Record<string, Value> {
  return Object.fromEntries(flowNames.map(flow => [flow, make(flow)]))
}

/** The flows in which TR has the signed-in user's rights. */
export type UserFlow = { [Name in Flow]: (typeof flows)[Name]['actsAs'] extends 'user' ? Name : never }[Flow]

/** Whether the agent acts for the signed-in user, whose token (Tc) it then needs. */
export function needsUser(flow: Flow): flow is UserFlow {
  return flows[flow].actsAs === 'user'
}
