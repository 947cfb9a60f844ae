import { hash } from 'node:crypto'
import {
  type CallEnd,
  canonicalJson,
  denialText,
  type OfferedTool,
  type ResumedTurn,
  resumeStep,
  runStep,
  type StepCall,
  type StepOptions,
  type ToolContext,
  type Toolset,
  type Wait,
  waitsForUser,
  withToolContext,
} from '@entra-agents/approval'
import type { ImageAllowance } from '@entra-agents/bedrock-access/images'
import type { IdentityProblemCode, StepFacts } from '@entra-agents/identity/core'
import { genAi } from '@entra-agents/telemetry'
import type { ToolUse } from '@entra-agents/trace'
import { type MessageContent, ToolMessage } from '@langchain/core/messages'
import { type StructuredToolInterface, ToolInputParsingException } from '@langchain/core/tools'
import { Validator } from '@langchain/core/utils/json_schema'
import { type agentProblems, problem } from '../problems.ts'
import type { ToolCall } from './model-response.ts'
import { describeOutput, readToolOutput, type ToolOutput } from './tool-output.ts'

/** What the tool calls of a turn need besides what the model wrote. */
export interface ToolCalls {
  readonly context: ToolContext
  /** The tools that the model may call; they stay as they are until the turn is over. */
  readonly tools: readonly OfferedTool[]
  /** How many more images, and of what size, the turn may show the model. */
  readonly images: ImageAllowance
  /** Whether a tool that was not offered is one that the configuration has. */
  readonly isConfigured: (tool: string) => Promise<boolean>
  /** Codes of failures that the model may explain to the user. All other failures, above all a refused identity, end the turn. */
  readonly tellable: ReadonlySet<string>
}

/** A turn's tool calls in one step of the model. */
type ToolStep = ToolCalls & Pick<StepOptions, 'asksForConsent'>

const alwaysTellableCodes = [
  'API_UNAVAILABLE',
  'API_ECHOED_TOKEN',
  'INVALID_REQUEST',
  'TOOL_NOT_OFFERED',
] as const satisfies (IdentityProblemCode | keyof typeof agentProblems)[]

/** The codes of {@link ToolCalls.tellable}: those of the toolsets' own problems, and a few that any tool may fail with. */
export function tellableCodes(toolsets: readonly Pick<Toolset, 'problems'>[]): ReadonlySet<string> {
  return new Set([...alwaysTellableCodes, ...toolsets.flatMap(({ problems }) => Object.keys(problems))])
}

/** How far the calls of a step have come: by call id, what the model and the user are told of the results, and what the calls without a result wait for. */
export interface StepResult {
  readonly results: Readonly<Record<string, { readonly content: MessageContent; readonly use: ToolUse }>>
  readonly wait: Wait | undefined
}

/** Asks for the token of a call that the model has begun, while the model writes the arguments. */
export function askAhead({ context, tools }: Pick<ToolCalls, 'context' | 'tools'>, name: string): void {
  const offered = tools.find(({ tool }) => tool.name === name)
  if (offered && !waitsForUser(context.turn, offered)) context.askAhead(offered.api)
}

/** Runs the calls that the model asked for; those that change something wait for the user. */
export async function runTools(run: ToolStep, calls: readonly ToolCall[]): Promise<StepResult> {
  const stepCalls = calls.map(call => toStepCall(run, call))
  const { ends, wait } = await runStep(stepOptions(run), stepCalls)
  return { results: describeEnds(run, calls, ends), wait }
}

/** Goes on with the calls that waited; `earlier` has the results of the other calls of their step. */
export async function resumeTools(
  run: ToolStep,
  resumed: ResumedTurn,
  earlier: StepResult['results'],
): Promise<StepResult> {
  const { pending } = resumed.continuation
  const calls = pending.map(({ callId: id, tool: name, args }) => ({ id, name, arguments: args }))
  const { ends, wait } = await resumeStep(stepOptions(run), resumed, ({ callId }) => {
    const call = calls.find(({ id }) => id === callId)
    return call && toStepCall(run, call)
  })
  return { results: { ...earlier, ...describeEnds(run, calls, ends) }, wait }
}

/** The results of a step in the order of its calls. LangChain sends all of them to the model in one message. */
export function toMessages(calls: readonly { readonly id?: string }[], results: StepResult['results']) {
  return calls.flatMap(({ id = '' }) => {
    const result = results[id]
    if (!result) return []
    const { content, use } = result
    return new ToolMessage({ tool_call_id: id, content, status: use.status === 'ok' ? 'success' : 'error' })
  })
}

function stepOptions({ context, tellable, asksForConsent }: ToolStep): StepOptions {
  return { context, from: 'bedrock', isTellable: ({ code }) => tellable.has(code), asksForConsent }
}

/** Makes a call of the step from the model's call. If the arguments do not fit the tool's schema, `run` refuses them. */
function toStepCall({ tools, isConfigured }: ToolCalls, call: ToolCall): StepCall<ToolOutput> {
  const { id, name, arguments: input } = call
  const offered = tools.find(({ tool }) => tool.name === name)
  const fits = offered !== undefined && input !== undefined && fitsSchema(offered.tool, input)
  const fault = fits ? offered.faultOf?.(input) : undefined
  const waits = offered?.change !== undefined && fits && fault === undefined
  return {
    id,
    tool: name,
    arguments: input,
    api: offered?.api.name,
    change: waits ? { ...offered.change, toolHash: hashTool(offered) } : undefined,
    facts: factsOf(offered, name),
    requireRight: async context => offered && context.requireScope(offered.api, offered.change?.scope),
    async run(context) {
      if (fault !== undefined) throw problem('INVALID_REQUEST', fault)
      if (!offered) {
        const tool = (await isConfigured(name)) ? name : hash('sha256', name).slice(0, 12)
        context.audit('tool-not-offered', { tool })
      }
      return invoke(offered?.tool, call, context)
    },
  }
}

function describeEnds(
  { images }: ToolCalls,
  calls: readonly ToolCall[],
  ends: ReadonlyMap<string, CallEnd<ToolOutput>>,
): StepResult['results'] {
  const results = calls.flatMap(({ id, name, arguments: input }) => {
    const end = ends.get(id)
    if (!end) return []
    const isUnknown = end.status === 'failed' && end.failure.options.extensions?.['mayHaveBeenDone']
    const mark = isUnknown ? { mayHaveBeenDone: true as const } : {}
    const use = { name, arguments: { ...input }, status: end.status, ...mark }
    return [[id, { content: describeOutput(outputOf(name, end), images), use }] as const]
  })
  return Object.fromEntries(results)
}

const deniedText = `was denied: the user was asked, and does not want this call. Do not ask for it again, in other words or by another tool. Tell the user: ${denialText}`

/** What the model is told: plain sentences if the call failed or was denied. */
function outputOf(name: string, end: CallEnd<ToolOutput>): ToolOutput {
  if (end.status === 'ok') return end.output
  if (end.status === 'denied') return [{ type: 'text', text: `${name} ${deniedText}` }]
  const { message, options } = end.failure
  return [{ type: 'text', text: `${name} failed: ${[message, options.hint].join(' ').trim()}` }]
}

/** A name that no tool has is free text of the model, so spans do not show it. */
function factsOf(offered: OfferedTool | undefined, asked: string): StepFacts {
  const name = offered ? asked : 'unknown'
  return {
    name: `execute_tool ${name}`,
    attributes: {
      [genAi.operation]: 'execute_tool',
      [genAi.toolName]: name,
      [genAi.toolType]: 'function',
    },
  }
}

async function invoke(
  tool: StructuredToolInterface | undefined,
  call: ToolCall,
  context: ToolContext,
): Promise<ToolOutput> {
  if (tool === undefined) throw problem('TOOL_NOT_OFFERED', 'There is no such tool.')
  if (call.arguments === undefined) throw problem('INVALID_REQUEST', 'The arguments were not valid JSON.')
  try {
    return readToolOutput(await tool.invoke({ ...call.arguments }, withToolContext(context)))
  } catch (error) {
    if (!(error instanceof ToolInputParsingException)) throw error
    throw problem('INVALID_REQUEST', `The arguments do not fit the tool’s schema: ${faultsOf(error)}`)
  }
}

/** Whether the input fits the tool's schema, as LangChain checks it. If not, the user is not asked about the call. */
function fitsSchema({ schema }: StructuredToolInterface, input: object): boolean {
  return new Validator(schema as ConstructorParameters<typeof Validator>[0]).validate(input).valid
}

/** The hash by which a change of a tool's definition is noticed. */
function hashTool({ tool: { name, description, schema }, hash: own = '' }: OfferedTool): string {
  const all = JSON.parse(JSON.stringify([name, description, schema, own]))
  return hash('sha256', canonicalJson(all), 'base64url')
}

/** LangChain's text ends with a line for each fault, such as `#/properties/days/maximum: 9 is greater than 7.` */
function faultsOf({ message }: ToolInputParsingException): string {
  const [, faults = 'they were refused.'] = message.split('\nDetails: ', 2)
  return faults.replaceAll('\n', ' ').slice(0, 500)
}
