import {
  approvalProblem,
  isConfiguredTool,
  mayCall,
  type Toolset,
  toolsetsOf,
  type Wait,
  type WaitingTurn,
} from '@entra-agents/approval'
import { type Bedrock, type BedrockConfig, bedrockProblem } from '@entra-agents/bedrock-access'
import { ImageAllowance } from '@entra-agents/bedrock-access/images'
import type { ApiCaller } from '@entra-agents/identity/core'
import type { TokenUsage, ToolUse } from '@entra-agents/trace'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { Annotation, Command, END, type Runtime, START, StateGraph } from '@langchain/langgraph'
import { problem } from '../problems.ts'
import type { AnsweredTurn, AnswerMode, Turn, TurnRules } from '../turn/turn.ts'
import { AnswerText } from './answer-text.ts'
import {
  fittingCharacters,
  openConversation,
  restoreMessages,
  storeMessages,
  storeResult,
} from './messages.ts'
import { callModel, type ModelCall } from './model-call.ts'
import type { ModelResponse } from './model-response.ts'
import { judgeStopReason } from './stop-reason.ts'
import { dateLine, systemPrompt } from './system-prompt.ts'
import {
  askAhead,
  resumeTools,
  runTools,
  type StepResult,
  type ToolCalls,
  tellableCodes,
  toMessages,
} from './tool-calls.ts'

/** How often one turn may call the model; in the last of these calls the model must answer without asking for tools. */
const modelCallLimit = 8
/** Tool calls that the model may ask for in one step. */
const toolCallLimit = 10

/** What one turn needs to call model and tools under its identity. */
type Run = ModelCall & ToolCalls & { readonly rules: TurnRules }

const State = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  toolUses: Annotation<ToolUse[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  usage: Annotation<TokenUsage | null>({ reducer: addUsage, default: () => null }),
  modelCalls: Annotation<number>({ reducer: (_, latest) => latest, default: () => 0 }),
  response: Annotation<ModelResponse>(),
  finishReason: Annotation<AnsweredTurn['finishReason']>(),
  /** Results of those calls of the last step that have ended while other calls wait. */
  results: Annotation<StepResult['results']>(),
  wait: Annotation<Wait | undefined>(),
})
type AgentState = typeof State.State

/** What a turn that waits needs to go on. */
interface StoredState {
  /** All that came after the user's message. */
  readonly messages: ReturnType<typeof storeMessages>
  readonly results: StepResult['results']
  readonly modelCalls: number
}

/** Bedrock mode: Claude reasons, calls the tools under the turn's identity, and streams its answer. */
export function bedrockMode(
  bedrock: Bedrock,
  all: readonly Toolset[],
  apis: Pick<ApiCaller, 'for'>,
  rules: TurnRules,
): AnswerMode {
  const graphs = { ofNewTurns: compileGraph('model'), ofResumedTurns: compileGraph('tools') }
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    answer: async turn => {
      const toolsets = toolsetsOf(turn.agent, all)
      const context = apis.for(turn)
      const loading = Promise.all(toolsets.map(toolset => toolset.load(context)))
      const [connected, loaded] = await Promise.all([bedrock.connected(), loading])
      const tools = loaded.flat().filter(tool => mayCall(turn, tool))
      const langChainTools = tools.map(({ tool }) => tool)
      const run: Run = {
        turn,
        context,
        tools,
        isConfigured: name => isConfiguredTool(name, all, context),
        rules,
        tellable: tellableCodes(toolsets),
        toolNames: langChainTools.map(({ name }) => name),
        answer: new AnswerText(turn),
        callBegins: (tool, stepId) => askAhead({ context: context.under(stepId), tools }, tool),
        images: new ImageAllowance(bedrock.modelId),
        bedrock: connected,
        model: connected.chatModel.bindTools(langChainTools, cachePoints(connected.config)),
        availability: bedrock.availability,
      }
      const opening = openConversation(turn, systemPrompt(turn.agent, toolsets), dateLine(new Date()))
      const graph = turn.resumed ? graphs.ofResumedTurns : graphs.ofNewTurns
      const recursionLimit = 2 * modelCallLimit + 3
      const options = { signal: turn.signal, recursionLimit, context: { run: () => run } }
      try {
        const end = await graph.invoke(restoreState(turn, opening), options)
        return end.wait ? suspendTurn(end, end.wait, opening.length) : conclude(run, toolsets, end)
      } finally {
        context.leaveAhead()
      }
    },
  }
}

/**
 * With this option LangChain puts a cache point after the tools, the system prompt and the last message. Nothing before
 * the last message changes from call to call of a turn, and tools and prompt are the same for all turns of a day.
 */
function cachePoints({ promptCache }: BedrockConfig) {
  return promptCache === 'none' ? {} : { cache_control: { type: 'ephemeral', ttl: promptCache } as const }
}

/**
 * The graph of all turns that begin with this node. A turn gives itself to the nodes by a function in LangGraph's context, since
 * LangGraph shows plain values to every callback, and the turn holds the user's token.
 */
function compileGraph(first: 'model' | 'tools') {
  return new StateGraph(State, Annotation.Root({ run: Annotation<() => Run>() }))
    .addNode('model', (state: AgentState, config) => askModel(runOf(config), state), { ends: ['tools', END] })
    .addNode('tools', (state: AgentState, config) => callTools(runOf(config), state), {
      ends: ['model', END],
    })
    .addEdge(START, first)
    .compile()
}

function runOf({ context }: Runtime<{ run: () => Run }>): Run {
  if (!context) throw new Error('The graph was started without a turn.')
  return context.run()
}

/** The graph's initial state: the conversation, and what a turn that waited had done before its pause. */
function restoreState({ resumed }: Turn, opening: readonly BaseMessage[]): Partial<AgentState> {
  if (!resumed) return { messages: [...opening] }
  const { state, usage, tools: toolUses } = resumed.continuation
  const { messages, results, modelCalls } = state as StoredState
  return {
    messages: [...opening, ...restoreMessages(messages)],
    results,
    modelCalls,
    usage,
    toolUses: [...toolUses],
  }
}

/** What is kept of a turn that waits. The graph has ended without running the calls that wait. */
function suspendTurn(end: AgentState, wait: Wait, openingLength: number): WaitingTurn {
  const { results, modelCalls, usage, toolUses: tools } = end
  const messages = end.messages.slice(openingLength)
  const all = [...messages.filter(ToolMessage.isInstance), ...Object.values(results)]
  const characters = fittingCharacters(all.map(({ content }) => content))
  const stored = Object.entries(results).map(
    ([id, { content, use }]) => [id, { content: storeResult(content, characters), use }] as const,
  )
  const state: StoredState = {
    messages: storeMessages(messages, characters),
    results: Object.fromEntries(stored),
    modelCalls,
  }
  return { wait, state, usage, tools }
}

/** Runs the calls of the last response, or goes on with the calls that waited. */
async function callTools(run: Run, { messages, response, results: earlier, toolUses: before }: AgentState) {
  const { resumed } = run.turn
  // What tools returned may have led the model to this step. What waits in the step came before its results.
  const hasRead = before.some(({ status }) => status !== 'denied')
  const { consentFromTurns } = run.rules
  const asksForConsent = consentFromTurns === 'always' || (consentFromTurns === 'first-call' && !hasRead)
  const step = { ...run, asksForConsent }
  // Without a response, this is the first step of a turn that goes on.
  const { results, wait } =
    response || !resumed
      ? await runTools(step, response.toolCalls)
      : await resumeTools(step, resumed, earlier)
  run.context.leaveAhead()
  if (wait) return new Command({ goto: END, update: { results, wait } })
  const asked = messages.at(-1)
  const calls = asked instanceof AIMessage ? (asked.tool_calls ?? []) : []
  const toolUses = calls.flatMap(({ id = '' }) => results[id]?.use ?? [])
  return new Command({ goto: 'model', update: { messages: toMessages(calls, results), toolUses } })
}

/** Calls the model and decides by stop reason and limits what comes next. The turn's signal sets the deadline. */
async function askModel(run: Run, { messages, modelCalls: earlierCalls, usage: before }: AgentState) {
  run.answer.startParagraph()
  const response = await callModel(run, messages)
  const modelCalls = earlierCalls + 1
  const update = { response, messages: [response.message], modelCalls, usage: response.usage ?? null }
  const verdict = judgeStopReason(response)
  if (verdict.next === 'end') {
    if (verdict.finishReason === 'length')
      run.turn.notice(problem('ANSWER_TRUNCATED', 'The answer ends where the token limit cut it.'))
    return new Command({ goto: END, update: { ...update, finishReason: verdict.finishReason } })
  }
  if (isBudgetUsedUp(run, addUsage(before, update.usage)))
    return new Command({ goto: END, update: { ...update, finishReason: 'length' as const } })
  checkLimits(response, modelCalls)
  return new Command({ goto: 'tools', update })
}

/** Whether no further model call may follow, so that the calls that the model asks for would have no reader. Tells the user. */
function isBudgetUsedUp({ turn, rules }: Run, usage: TokenUsage | null): boolean {
  const { inputTokens: used = 0 } = usage ?? {}
  if (rules.inputTokens === 0 || used < rules.inputTokens) return false
  const detail = `The turn has used ${used} of ${rules.inputTokens} input tokens.`
  turn.notice(problem('TOKEN_BUDGET_REACHED', detail))
  return true
}

function checkLimits({ toolCalls }: ModelResponse, modelCalls: number): void {
  if (modelCalls >= modelCallLimit) {
    throw approvalProblem(
      'STEP_LIMIT_REACHED',
      `The model still asked for tools in step ${modelCalls}, the last one.`,
    )
  }
  if (toolCalls.length > toolCallLimit) {
    throw approvalProblem(
      'STEP_LIMIT_REACHED',
      `The model asked for ${toolCalls.length} tool calls at once; ${toolCallLimit} are allowed.`,
    )
  }
}

function conclude({ turn, answer }: Run, toolsets: readonly Toolset[], end: AgentState): AnsweredTurn {
  const { response, usage, toolUses: tools, finishReason } = end
  if (answer.isBlank && finishReason === 'refusal') answer.write('The model declined to answer this.')
  if (answer.isBlank && finishReason === 'length')
    answer.write('The turn’s budget was used up before there was an answer.')
  if (answer.isBlank)
    throw bedrockProblem('BEDROCK_STREAM_BROKEN', 'The model ended its answer without a word.')
  const toolWasNeeded = () => toolsets.some(toolset => toolset.wasNeeded(turn, response.text))
  if (finishReason === 'stop' && tools.length === 0 && toolWasNeeded()) {
    turn.notice(problem('TOOL_NOT_CALLED', 'Nothing was looked up for this answer.'))
  }
  return { finishReason, usage, tools }
}

function addUsage(sum: TokenUsage | null, added: TokenUsage | null): TokenUsage | null {
  if (sum === null || added === null) return sum ?? added
  return {
    inputTokens: sum.inputTokens + added.inputTokens,
    outputTokens: sum.outputTokens + added.outputTokens,
    cacheReadInputTokens: sum.cacheReadInputTokens + added.cacheReadInputTokens,
    cacheWriteInputTokens: sum.cacheWriteInputTokens + added.cacheWriteInputTokens,
  }
}
