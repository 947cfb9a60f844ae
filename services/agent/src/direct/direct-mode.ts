import type { ApiCaller } from '../downstream/api-caller.ts'
import { problem } from '../problems.ts'
import { type DirectCall, type Toolset, toolsetsOf } from '../tools/toolset.ts'
import type { AnswerMode } from '../turn/turn.ts'

/** Direct mode: no model. The first toolset that recognises the message answers it. */
export function directMode(all: readonly Toolset[], apis: Pick<ApiCaller, 'for'>): AnswerMode {
  return {
    mode: 'direct',
    model: null,
    async answer(turn) {
      const toolsets = toolsetsOf(turn.agent, all)
      const call = recognise(toolsets, turn.message)
      if (!call) {
        const [direct] = toolsets.flatMap(({ direct }) => direct ?? [])
        throw direct?.notRecognised() ?? problem('INVALID_REQUEST', 'The agent has no tools for direct mode.')
      }
      turn.write(await call.answer(apis.for(turn)))
      return {
        finishReason: 'stop',
        usage: null,
        tools: [{ name: call.tool, arguments: { ...call.arguments }, status: 'ok' }],
      }
    },
  }
}

function recognise(toolsets: readonly Toolset[], message: string): DirectCall | undefined {
  for (const { direct } of toolsets) {
    const call = direct?.recognise(message)
    if (call) return call
  }
  return undefined
}
