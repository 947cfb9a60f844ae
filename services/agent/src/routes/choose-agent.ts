import type { AgentIdentity, Agents } from '../identity/agent-identity.ts'
import { problem } from '../problems.ts'

/**
 * The agent that a request names, or the default one.
 *
 * @throws ProblemError INVALID_REQUEST, with the names that there are
 */
export function chooseAgent(agents: Agents, name: string = agents[0].name): AgentIdentity {
  const agent = agents.find(known => known.name === name)
  if (agent) return agent
  const names = agents.map(known => known.name).join(', ')
  throw problem('INVALID_REQUEST', `There is no such agent. There are: ${names}.`)
}
