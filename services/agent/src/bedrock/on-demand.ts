import type { ApiCaller } from '../downstream/api-caller.ts'
import type { Toolset } from '../tools/toolset.ts'
import type { AnswerMode } from '../turn/turn.ts'
import type { Bedrock } from './access/bedrock.ts'

/** Bedrock mode, loaded when it is first needed: LangGraph takes longer to load than the rest of the agent. */
export function bedrockModeOnDemand(
  bedrock: Bedrock,
  toolsets: readonly Toolset[],
  apis: Pick<ApiCaller, 'for'>,
) {
  let loading: Promise<AnswerMode> | undefined
  const load = async () => {
    loading ??= import('./bedrock-mode.ts').then(({ bedrockMode }) => bedrockMode(bedrock, toolsets, apis))
    try {
      return await loading
    } catch (error) {
      // The next turn tries again.
      loading = undefined
      throw error
    }
  }
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    /** Loads the mode and connects ahead of the first turn. If this fails, the first turn reports why. */
    warmUp: () => Promise.allSettled([load(), bedrock.connected()]),
    answer: async turn => (await load()).answer(turn),
  } satisfies AnswerMode & { warmUp: () => Promise<unknown> }
}
