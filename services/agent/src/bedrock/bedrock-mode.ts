import type { TokenUsage, ToolUse } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { BaseMessage } from '@langchain/core/messages'
import { Annotation, Command, END, START, StateGraph } from '@langchain/langgraph'
import type { ApiCaller } from '../downstream/api-caller.ts'
import { problem } from '../problems.ts'
import { type Toolset, toolsetsOf } from '../tools/toolset.ts'
import type { AnswerMode, Outcome, Turn } from '../turn/turn.ts'
import type { Bedrock } from './access/bedrock.ts'
import type { BedrockConfig } from './access/config.ts'
import { AnswerText } from './answer-text.ts'
import { ImageAllowance } from './images.ts'
import { openConversation } from './messages.ts'
import { callModel, type ModelCall } from './model-call.ts'
import type { ModelResponse } from './model-response.ts'
import { judge } from './stop-reason.ts'
import { dateLine, systemPrompt } from './system-prompt.ts'
import { runTools, type ToolCalls, tellableCodes } from './tool-calls.ts'

/** Model calls in one turn; the last one must answer without asking for tools. */
const modelCallLimit = 8
/** Tool calls that the model may ask for in one step. */
const toolCallLimit = 10

/** How one turn goes on: the calls of the model and the tools, under the turn's identity. */
type Run = ModelCall & ToolCalls

const State = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  toolUses: Annotation<ToolUse[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  usage: Annotation<TokenUsage | null>({ reducer: addUsage, default: () => null }),
  modelCalls: Annotation<number>({ reducer: (_, latest) => latest, default: () => 0 }),
  response: Annotation<ModelResponse>(),
  finishReason: Annotation<Outcome['finishReason']>(),
})
type AgentState = typeof State.State

/** Bedrock mode: Claude reasons, calls the tools under the turn's identity, and streams its answer. */
export function bedrockMode(
  bedrock: Bedrock,
  all: readonly Toolset[],
  apis: Pick<ApiCaller, 'for'>,
): AnswerMode {
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    answer: async turn => {
      const toolsets = toolsetsOf(turn.agent, all)
      const context = apis.for(turn)
      const loading = Promise.all(toolsets.map(toolset => toolset.load(context)))
      const [connected, loaded] = await Promise.all([bedrock.connected(), loading])
      const tools = loaded.flat()
      const run: Run = {
        turn,
        context,
        tools,
        tellable: tellableCodes(toolsets),
        toolNames: tools.map(({ name }) => name),
        answer: new AnswerText(turn),
        images: new ImageAllowance(bedrock.modelId),
        bedrock: connected,
        model: connected.chatModel.bindTools([...tools], cachePoints(connected.config)),
        availability: bedrock.availability,
      }
      const messages = openConversation(turn, systemPrompt(turn.agent, toolsets), dateLine(new Date()))
      const options = { signal: turn.signal, recursionLimit: 2 * modelCallLimit + 2 }
      return conclude(run, toolsets, await buildGraph(run).invoke({ messages }, options))
    },
  }
}

/**
 * The library then puts a cache point after the tools, the system prompt and the last message. Nothing in front of the last
 * one changes from call to call of a turn, and tools and prompt are the same for all turns of a day.
 */
function cachePoints({ promptCache }: BedrockConfig) {
  return promptCache === 'none' ? {} : { cache_control: { type: 'ephemeral', ttl: promptCache } as const }
}

/**
 * The graph of one turn. Its nodes have the turn from the closure: LangGraph shows its context to every callback, and the turn
 * holds the user's token. A graph for each turn takes 1 to 3 % more of the turn's CPU than one for all.
 */
function buildGraph(run: Run) {
  return new StateGraph(State)
    .addNode('model', (state: AgentState) => askModel(run, state), { ends: ['tools', END] })
    .addNode('tools', ({ response }: AgentState) => runTools(run, response.toolCalls))
    .addEdge(START, 'model')
    .addEdge('tools', 'model')
    .compile()
}

/** Calls the model and decides what comes next: stop reason and limits. The deadline is the turn's signal. */
async function askModel(run: Run, { messages, modelCalls: earlierCalls }: AgentState) {
  run.answer.startParagraph()
  const response = await callModel(run, messages)
  const modelCalls = earlierCalls + 1
  const update = { response, messages: [response.message], modelCalls, usage: response.usage ?? null }
  const verdict = judge(response)
  if (verdict.next === 'end') {
    return new Command({ goto: END, update: { ...update, finishReason: verdict.finishReason } })
  }
  checkLimits(response, modelCalls)
  return new Command({ goto: 'tools', update })
}

function checkLimits({ toolCalls }: ModelResponse, modelCalls: number): void {
  if (modelCalls >= modelCallLimit) {
    throw problem(
      'STEP_LIMIT_REACHED',
      `The model still asked for tools in step ${modelCalls}, the last one.`,
    )
  }
  if (toolCalls.length > toolCallLimit) {
    throw problem(
      'STEP_LIMIT_REACHED',
      `The model asked for ${toolCalls.length} tool calls at once; ${toolCallLimit} are allowed.`,
    )
  }
}

function conclude({ turn, answer }: Run, toolsets: readonly Toolset[], end: AgentState): Outcome {
  const { response, usage, toolUses: tools, finishReason } = end
  if (answer.isBlank && finishReason === 'refusal') answer.write('The model declined to answer this.')
  if (answer.isBlank) throw problem('BEDROCK_STREAM_BROKEN', 'The model ended its answer without a word.')
  if (finishReason === 'length') {
    notify(turn, problem('ANSWER_TRUNCATED', 'The answer ends where the token limit cut it.'))
  }
  const toolWasNeeded = () => toolsets.some(toolset => toolset.wasNeeded(turn, response.text))
  if (finishReason === 'stop' && tools.length === 0 && toolWasNeeded()) {
    notify(turn, problem('TOOL_NOT_CALLED', 'Nothing was looked up for this answer.'))
  }
  return { finishReason, usage, tools }
}

function notify(turn: Turn, notice: ProblemError): void {
  turn.notice(notice.toDocument(turn.requestId))
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
