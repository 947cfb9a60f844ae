import type { Bedrock } from '../../model/bedrock.ts'
import type { Weather } from '../../tools/weather/weather.ts'
import type { AnswerMode } from '../../turn/turn.ts'

export interface ModeOnDemand extends AnswerMode {
  /** Loads the mode and makes its connection ahead of the first turn, which then tells what went wrong, if anything. */
  warmUp(): Promise<unknown>
}

/** Bedrock mode, loaded when it is first needed: LangGraph takes longer to load than the rest of the agent. */
export function bedrockModeOnDemand(bedrock: Bedrock, weather: Weather): ModeOnDemand {
  let loaded: Promise<AnswerMode> | undefined
  const load = () => {
    loaded ??= import('./bedrock-mode.ts').then(({ bedrockMode }) => bedrockMode(bedrock, weather))
    return loaded
  }
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    warmUp: () => Promise.allSettled([load(), bedrock.connected()]),
    answer: async turn => (await load()).answer(turn),
  }
}
