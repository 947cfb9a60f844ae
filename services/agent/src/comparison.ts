import type { Agents } from '@entra-agents/identity/core'
import { describeShapeFaults, type EnvironmentReader } from '@entra-agents/service-kit'
import { Comparison } from '@entra-agents/trace'
import { Compile } from 'typebox/compile'

/** Reads the comparison that the page offers from the file that `COMPARISON_CONFIG` names; without a file there is none. */
export function readComparison(env: EnvironmentReader, agents: Agents): Comparison | undefined {
  const content = env.optional('COMPARISON_CONFIG') && env.jsonFile('COMPARISON_CONFIG')
  if (content === undefined) return undefined
  const faults = [...findFaults(content, agents)]
  for (const fault of faults) env.fault(`${env.text('COMPARISON_CONFIG')} (COMPARISON_CONFIG): ${fault}.`)
  return faults.length > 0 ? undefined : (content as Comparison)
}

function* findFaults(content: unknown, agents: Agents): Generator<string, void> {
  const shape = Compile(Comparison)
  if (!shape.Check(content)) return yield* describeShapeFaults(shape.Errors(content))
  for (const name of content.agents) {
    const agent = agents.find(one => one.name === name)
    if (!agent) yield `there is no agent "${name}"`
    else if (!agent.flows.includes(content.flow)) yield `the agent "${name}" lacks the flow ${content.flow}`
  }
}
