import { redactText, type ToolUse, type TraceStep } from '@entra-bedrock-agent/identity-trace'
import { toProblem } from '@entra-bedrock-agent/service-kit'
import { genAi } from '@entra-bedrock-agent/telemetry'
import { ToolMessage } from '@langchain/core/messages'
import { type StructuredToolInterface, ToolInputParsingException } from '@langchain/core/tools'
import { redactBody } from '../downstream/echoed-token.ts'
import { type AgentProblemCode, problem } from '../problems.ts'
import { withToolContext } from '../tools/tool-context.ts'
import type { ToolContext, Toolset } from '../tools/toolset.ts'
import type { StepFacts } from '../turn/trace-recorder.ts'
import type { ImageAllowance } from './images.ts'
import type { ToolCall } from './model-response.ts'
import { describeOutput, readToolOutput, type ToolOutput } from './tool-output.ts'

/** What the tool calls of a turn need beside what the model wrote. */
export interface ToolCalls {
  readonly context: ToolContext
  /** The tools that the model may call; they stay as they are until the turn is over. */
  readonly tools: readonly StructuredToolInterface[]
  /** What the turn may still show the model in images. */
  readonly images: ImageAllowance
  /** Codes of failures that the model may word for the user. All others, above all a refused identity, end the turn. */
  readonly tellable: ReadonlySet<string>
}

const alwaysTellable = [
  'API_UNAVAILABLE',
  'API_ECHOED_TOKEN',
  'INVALID_REQUEST',
] as const satisfies AgentProblemCode[]

/** The codes of {@link ToolCalls.tellable}: those of the toolsets' own problems, and a few of every API. */
export function tellableCodes(toolsets: readonly Pick<Toolset, 'problems'>[]): ReadonlySet<string> {
  return new Set([...alwaysTellable, ...toolsets.flatMap(({ problems }) => Object.keys(problems))])
}

/** Runs all tool calls of a step side by side; lets all of them end before a failure ends the turn. */
export async function runTools(run: ToolCalls, calls: readonly ToolCall[]) {
  // Every call of the step is known here, and none has run: approvals would be asked for at this point.
  const settled = await Promise.allSettled(calls.map(call => runTool(run, call)))
  const messages: ToolMessage[] = []
  const toolUses: ToolUse[] = []
  for (const [index, call] of calls.entries()) {
    const outcome = settled[index]
    if (outcome?.status !== 'fulfilled') throw outcome?.reason
    const { ok, output } = outcome.value
    const content = describeOutput(output, run.images)
    messages.push(new ToolMessage({ tool_call_id: call.id, content, status: ok ? 'success' : 'error' }))
    toolUses.push({ name: call.name, arguments: { ...call.arguments }, status: ok ? 'ok' : 'failed' })
  }
  return { messages, toolUses }
}

/** What a tool call gave for the model: one plain sentence if it failed. */
interface ToolResult {
  readonly ok: boolean
  readonly output: ToolOutput
}

/**
 * Runs one tool call as a step of the turn's trace.
 * Throws the ProblemError of an identity failure: an answer must not pretend that the call went well.
 */
async function runTool({ tools, tellable, context }: ToolCalls, call: ToolCall): Promise<ToolResult> {
  const { turn } = context
  const step = turn.trace.start(
    { kind: 'tool', from: 'bedrock', to: 'agent', title: titleOf(call), tool: describeCall(call) },
    factsOf(tools, call),
  )
  try {
    const output = await invoke(tools, call, context.under(step.id))
    step.ok()
    return { ok: true, output }
  } catch (error) {
    turn.signal.throwIfAborted()
    const failure = toProblem(error)
    step.fail(failure.toDocument(turn.requestId))
    if (!tellable.has(failure.code)) throw error
    const sentence = `${call.name} failed: ${[failure.message, failure.options.hint].join(' ').trim()}`
    return { ok: false, output: [{ type: 'text', text: sentence }] }
  }
}

/** A name that no tool has is the model's own word. */
function factsOf(tools: readonly StructuredToolInterface[], call: ToolCall): StepFacts {
  const name = tools.some(({ name }) => name === call.name) ? call.name : 'unknown'
  return {
    name: `execute_tool ${name}`,
    attributes: {
      [genAi.operation]: 'execute_tool',
      [genAi.toolName]: name,
      [genAi.toolType]: 'function',
    },
  }
}

function describeCall({ name, arguments: input }: ToolCall): NonNullable<TraceStep['tool']> {
  const shown = redactBody(input) as ToolCall['arguments']
  return { name: redactText(name), ...(shown === undefined ? {} : { arguments: { ...shown } }) }
}

function titleOf({ name, arguments: input }: ToolCall): string {
  return redactText(`${name}(${input === undefined ? '…' : JSON.stringify(input)})`.slice(0, 200))
}

/** What the model wrote is input like any other: the tool holds it against its schema before anything is done with it. */
async function invoke(
  tools: readonly StructuredToolInterface[],
  call: ToolCall,
  context: ToolContext,
): Promise<ToolOutput> {
  const tool = tools.find(({ name }) => name === call.name)
  if (tool === undefined) throw problem('INVALID_REQUEST', 'There is no such tool.')
  if (call.arguments === undefined) throw problem('INVALID_REQUEST', 'The arguments were not valid JSON.')
  try {
    return readToolOutput(await tool.invoke({ ...call.arguments }, withToolContext(context)))
  } catch (error) {
    if (!(error instanceof ToolInputParsingException)) throw error
    throw problem('INVALID_REQUEST', `The arguments do not fit the tool’s schema: ${faultsOf(error)}`)
  }
}

/** LangChain's text ends with a line for each fault, such as `#/properties/days/maximum: 9 is greater than 7.` */
function faultsOf({ message }: ToolInputParsingException): string {
  const [, faults = 'they were refused.'] = message.split('\nDetails: ', 2)
  return faults.replaceAll('\n', ' ').slice(0, 500)
}
