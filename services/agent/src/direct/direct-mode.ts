import {
  approvalProblem,
  type DirectCall,
  denialText,
  resumeStep,
  runStep,
  type StepCall,
  type StepOptions,
  type Toolset,
  toolsetsOf,
  type Wait,
  waitAfterFailure,
} from '@entra-agents/approval'
import type { ApiCaller } from '@entra-agents/identity/core'
import type { ToolUse } from '@entra-agents/trace'
import { problem } from '../problems.ts'
import type { AnswerMode, Turn, TurnOutcome } from '../turn/turn.ts'

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
      const stepCall = toStepCall(call)
      const options = {
        context: apis.for(turn),
        from: 'user',
        isTellable: () => false,
        asksForConsent: true,
      } as const
      if (call.change || turn.resumed) return answerInStep(turn, stepCall, options)
      try {
        turn.write(await call.answer(options.context))
        return conclude(stepCall, 'ok')
      } catch (error) {
        turn.signal.throwIfAborted()
        const wait = waitAfterFailure(options, stepCall, error)
        if (!wait) throw error
        return suspend(wait)
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

/** Answers by a call that first waits for the user, or has already waited. */
async function answerInStep(turn: Turn, call: StepCall<string>, options: StepOptions): Promise<TurnOutcome> {
  const { ends, wait } = turn.resumed
    ? await resumeStep(options, turn.resumed, () => call)
    : await runStep(options, [call])
  if (wait) return suspend(wait)
  const [end] = ends.values()
  if (end?.status === 'ok') turn.write(end.output)
  else if (end?.status === 'denied') turn.write(`You denied it. ${denialText}`)
  else throw approvalProblem('APPROVAL_INVALID', 'Nothing was waited for.')
  return conclude(call, end.status)
}

const suspend = (wait: Wait): TurnOutcome => ({ wait, state: null, usage: null, tools: [] })

function conclude({ tool, arguments: args }: StepCall<string>, status: ToolUse['status']): TurnOutcome {
  return { finishReason: 'stop', usage: null, tools: [{ name: tool, arguments: { ...args }, status }] }
}

/** Converts a call to a step's call. A continued turn finds it again in the sealed message; it must not have changed. */
function toStepCall({ api, change, answer, ...call }: DirectCall): StepCall<string> {
  return {
    ...call,
    id: 'direct',
    api: api.name,
    change: change && { ...change, toolHash: '' },
    requireRight: context => context.requireScope(api, change?.scope),
    run: answer,
  }
}
