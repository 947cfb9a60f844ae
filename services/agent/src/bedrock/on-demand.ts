import type { Toolset } from '@entra-agents/approval'
import type { Bedrock } from '@entra-agents/bedrock-access'
import type { ApiCaller } from '@entra-agents/identity/core'
import { OnDemand } from '@entra-agents/service-kit'
import type { AnswerMode, TurnRules } from '../turn/turn.ts'

/** Bedrock mode, loaded when it is first needed: LangGraph takes longer to load than the rest of the agent. */
export function bedrockModeOnDemand(
  bedrock: Bedrock,
  toolsets: readonly Toolset[],
  apis: Pick<ApiCaller, 'for'>,
  rules: TurnRules,
) {
  const loading = new OnDemand(async () => {
    const { bedrockMode } = await import('./bedrock-mode.ts')
    return bedrockMode(bedrock, toolsets, apis, rules)
  })
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    /** Loads the mode and connects ahead of the first turn. If this fails, the first turn reports why. */
    warmUp: () => Promise.allSettled([loading.get(), bedrock.connected()]),
    answer: async turn => (await loading.get()).answer(turn),
  } satisfies AnswerMode & { warmUp: () => Promise<unknown> }
}
