import type { ActingAgent } from '@entra-agents/identity'

/** The agents below the steps of running tool calls, by the call's id: LangChain lets no middleware change what a tool gets. */
const agentsOfCalls = new WeakMap<ActingAgent, Map<string, ActingAgent>>()

/**
 * The agent that acts in this run, inside a tool or a node.
 *
 * @param runtime the second argument of the tool or node; LangChain calls it `runtime` or `config`
 * @throws {TypeError} if the run was started without `context: { agent }`
 * @example `const response = await actingAgent(runtime).fetch('https://tasks.example/tasks')`
 */
export function actingAgent<Apis extends string = string>(runtime: unknown): ActingAgent<Apis> {
  const { context, toolCallId } = Object(runtime)
  const agent: unknown = context?.agent
  if (!isActingAgent(agent))
    throw new TypeError('No agent acts in this run: start it with { context: { agent: identity.as(…) } }.')
  return agentsOfCalls.get(agent)?.get(toolCallId) ?? agent
}

/** Whether a value is an acting agent, also one of another copy of the package. */
export function isActingAgent(value: unknown): value is ActingAgent {
  const { fetch, step, trace } = Object(value)
  return typeof fetch === 'function' && typeof step === 'function' && trace !== undefined
}

/** Lets the tool of a call act below the step of the call while `work` runs. */
export async function actBelow<Result>(
  {
    agent,
    step,
    callId,
  }: { readonly agent: ActingAgent; readonly step: ActingAgent; readonly callId: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const agents = agentsOfCalls.get(agent) ?? new Map<string, ActingAgent>()
  agentsOfCalls.set(agent, agents.set(callId, step))
  try {
    return await work()
  } finally {
    agents.delete(callId)
  }
}
