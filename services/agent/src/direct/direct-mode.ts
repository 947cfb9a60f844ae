import type { ToolUse } from '@entra-bedrock-agent/identity-trace'
import { approvalProblem } from '../approval/problems.ts'
import type { ApiCaller } from '../downstream/api-caller.ts'
import { problem } from '../problems.ts'
import { resumeStep, runStep, type StepCall, type StepEnd, waitInstead } from '../tools/step-of-calls.ts'
import { type DirectCall, type Toolset, toolsetsOf } from '../tools/toolset.ts'
import type { Answered, AnswerMode, Outcome, Turn } from '../turn/turn.ts'

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
      if (call.change || turn.resumed) return answerInStep(turn, call, apis)
      try {
        turn.write(await call.answer(apis.for(turn)))
        return conclude(call, 'ok')
      } catch (error) {
        turn.signal.throwIfAborted()
        const wait = waitInstead(stepOptions(turn, apis), toStepCall(call), error)
        if (!wait) throw error
        return { wait, state: null, usage: null, tools: [] }
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

/** Answers by a call that waits for its user first, or has waited. */
async function answerInStep(turn: Turn, call: DirectCall, apis: Pick<ApiCaller, 'for'>): Promise<Outcome> {
  const stepCall = toStepCall(call)
  const options = stepOptions(turn, apis)
  const step = turn.resumed
    ? await resumeStep(options, turn.resumed, () => stepCall)
    : await runStep(options, [stepCall])
  const { wait } = step
  if (wait) return { wait, state: null, usage: null, tools: [] }
  return writeEnd(turn, call, step)
}

function writeEnd(turn: Turn, call: DirectCall, { ends }: StepEnd<string>): Outcome {
  const [end] = ends.values()
  if (end?.status === 'ok') turn.write(end.output)
  else if (end?.status === 'denied') turn.write('Not done: you did not want it. Nothing was changed.')
  else throw approvalProblem('APPROVAL_INVALID', 'Nothing was waited for.')
  return conclude(call, end.status)
}

function conclude({ tool, arguments: args }: DirectCall, status: ToolUse['status']): Answered {
  return { finishReason: 'stop', usage: null, tools: [{ name: tool, arguments: { ...args }, status }] }
}

function stepOptions(turn: Turn, apis: Pick<ApiCaller, 'for'>) {
  return { context: apis.for(turn), from: 'user', isTellable: () => false } as const
}

/** The call is found anew in the sealed message when its turn goes on, and has to be the same. */
function toStepCall(call: DirectCall): StepCall<string> {
  const { tool, arguments: args, api, change } = call
  return {
    id: 'direct',
    tool,
    arguments: args,
    api: api.name,
    change: change && { ...change, toolHash: '' },
    run: context => call.answer(context),
  }
}
