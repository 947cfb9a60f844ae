import { type Instructions, type NeededRight, needsUser } from '@entra-bedrock-agent/identity-trace'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { DownstreamApi } from '../identity/downstream-api.ts'
import { neededRight } from '../identity/flows.ts'
import { mayCall } from '../tools/step-of-calls.ts'
import { type ToolContext, type Toolset, toolsetsOf } from '../tools/toolset.ts'
import type { Turn } from '../turn/turn.ts'
import { dateLine, systemPrompt } from './system-prompt.ts'

/**
 * What the model would be told in such a turn, before the conversation: prompt and tools, with the right that each tool needs.
 * Obtains a token of the agent or of its user account to see whether it has that right; a user's token is obtained by real
 * calls only.
 */
export async function describeInstructions(
  all: readonly Toolset[],
  context: ToolContext,
  tokens: Pick<AgentTokens, 'obtain'>,
): Promise<Instructions> {
  const { turn } = context
  const toolsets = toolsetsOf(turn.agent, all)
  const tools = toolsets.map(async toolset => {
    const loaded = await toolset.load(context)
    const offered = loaded.filter(tool => mayCall(turn, tool))
    return Promise.all(
      offered.map(async ({ tool, api, change }) => {
        const { name, description, schema } = tool
        const needs = neededRight(api, turn.flow) ?? null
        const held = needs && (await isHeld(tokens, turn, api, needs))
        const waits = change && needsUser(turn.flow) ? { waits: true } : {}
        return { name, description, inputSchema: schema, api: api.name, needs, held, ...waits }
      }),
    )
  })
  return {
    systemPrompt: `${systemPrompt(turn.agent, toolsets)}\n\n${dateLine(new Date())}`,
    tools: (await Promise.all(tools)).flat(),
  }
}

async function isHeld(
  tokens: Pick<AgentTokens, 'obtain'>,
  { agent, flow, correlationId, signal }: Turn,
  api: DownstreamApi,
  { permission, kind }: NeededRight,
): Promise<boolean | null> {
  if (needsUser(flow)) return null
  const asked = { agent, flow, api, user: undefined, correlationId, traceparent: undefined, signal }
  try {
    const { claims } = await tokens.obtain(asked)
    const held = kind === 'role' ? claims['roles'] : String(claims['scp'] ?? '').split(' ')
    return Array.isArray(held) && held.includes(permission)
  } catch {
    return null
  }
}
