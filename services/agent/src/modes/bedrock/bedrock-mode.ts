import type { ToolUse } from '@entra-bedrock-agent/identity-trace'
import { type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { z } from 'zod'
import type { Bedrock } from '../../model/bedrock.ts'
import { problem } from '../../problems.ts'
import type { Weather } from '../../tools/weather/weather.ts'
import { AnswerText } from './answer-text.ts'
import { openConversation } from './messages.ts'
import { callModel, type ModelCall } from './model-call.ts'
import type { Reply, TokenUsage } from './model-response.ts'
import { judge } from './stop-reason.ts'
import { runTool } from './tool-calls.ts'
import { needsWeatherTool } from '../../tools/weather/weather-question.ts'
import type { AnswerMode, Outcome, Turn } from '../../turn/turn.ts'

/** Model calls in one turn; the last one must answer without asking for tools. */
const modelCallLimit = 8
/** Tool calls that the model may ask for in one step. */
const toolCallLimit = 10

const State = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  toolUses: Annotation<ToolUse[]>({ reducer: (all, added) => all.concat(added), default: () => [] }),
  usage: Annotation<TokenUsage | null>({ reducer: addUsage, default: () => null }),
  modelCalls: Annotation<number>({ reducer: (sum, added) => sum + added, default: () => 0 }),
  reply: Annotation<Reply>(),
})
type AgentState = typeof State.State

/** A function, because plain values in the context are shown to every LangChain callback; the turn holds the person's token. */
const Context = z.object({ run: z.custom<() => Run>(value => typeof value === 'function') })
interface Runtime {
  readonly context?: z.output<typeof Context>
}

interface Run extends ModelCall {
  readonly weather: Weather
  readonly answer: AnswerText
}

/** Bedrock mode: Claude reasons, calls the weather tools under the turn's identity, and streams its answer. */
export function bedrockMode(bedrock: Bedrock, weather: Weather): AnswerMode {
  const graph = buildGraph()
  return {
    mode: 'bedrock',
    model: bedrock.modelId,
    answer: async turn => {
      const answer = new AnswerText(turn)
      const run: Run = {
        turn,
        weather,
        answer,
        bedrock: await bedrock.connected(),
        availability: bedrock.availability,
        write: text => answer.write(text),
      }
      const start = { messages: openConversation(turn, new Date().toISOString().slice(0, 10)) }
      return conclude(turn, answer, await runToEnd(graph, start, run))
    },
  }
}

/**
 * Runs the graph and returns its last state. One level below `invoke()`, which would hold two web streams
 * and two abort signals more for as long as an answer is open.
 */
async function runToEnd(graph: Graph, start: typeof State.Update, run: Run): Promise<AgentState> {
  const states: AsyncGenerator<AgentState> = graph._streamIterator(start, {
    streamMode: 'values',
    context: { run: () => run },
    signal: run.turn.signal,
    recursionLimit: 2 * modelCallLimit + 2,
  })
  let last: AgentState | undefined
  for await (const state of states) last = state
  if (last === undefined) throw new Error('The graph ended without a state.')
  return last
}

type Graph = ReturnType<typeof buildGraph>

function buildGraph() {
  return new StateGraph(State, Context)
    .addNode('model', async (state: AgentState, runtime: Runtime) => {
      const run = runOf(runtime)
      run.answer.startParagraph()
      const reply = await callModel(run, state.messages)
      return { reply, messages: [reply.message], modelCalls: 1, usage: reply.usage ?? null }
    })
    .addNode('tools', async ({ reply }: AgentState, runtime: Runtime) => {
      const { weather, turn } = runOf(runtime)
      return runTools(weather, turn, reply)
    })
    .addEdge(START, 'model')
    .addConditionalEdges('model', guard, ['tools', END])
    .addEdge('tools', 'model')
    .compile()
}

/** What lies between model and tools: stop reason and limits. The deadline is the turn's signal. */
function guard({ reply, modelCalls }: AgentState): 'tools' | typeof END {
  if (judge(reply).next === 'end') return END
  if (modelCalls >= modelCallLimit) {
    throw problem(
      'STEP_LIMIT_REACHED',
      `The model still asked for tools in step ${modelCalls}, the last one.`,
    )
  }
  if (reply.toolCalls.length > toolCallLimit) {
    throw problem(
      'STEP_LIMIT_REACHED',
      `The model asked for ${reply.toolCalls.length} tool calls at once; ${toolCallLimit} are allowed.`,
    )
  }
  return 'tools'
}

/** Runs all calls of a step side by side; lets all of them end before a failure ends the turn. */
async function runTools(weather: Weather, turn: Turn, { toolCalls }: Reply) {
  const settled = await Promise.allSettled(toolCalls.map(call => runTool(weather, turn, call)))
  const messages: ToolMessage[] = []
  const tools: ToolUse[] = []
  for (const [index, call] of toolCalls.entries()) {
    const outcome = settled[index]
    if (outcome?.status !== 'fulfilled') throw outcome?.reason
    const { ok, text } = outcome.value
    messages.push(new ToolMessage({ tool_call_id: call.id, content: text, status: ok ? 'success' : 'error' }))
    tools.push({ name: call.name, arguments: { ...call.arguments }, status: ok ? 'ok' : 'failed' })
  }
  return { messages, toolUses: tools }
}

function conclude(turn: Turn, answer: AnswerText, { reply, usage, toolUses: tools }: AgentState): Outcome {
  const verdict = judge(reply)
  const finishReason = verdict.next === 'end' ? verdict.finishReason : 'stop'
  if (answer.isBlank && finishReason === 'refusal') answer.write('The model declined to answer this.')
  if (answer.isBlank) throw problem('BEDROCK_STREAM_BROKEN', 'The model ended its answer without a word.')
  if (finishReason === 'length') {
    turn.notice(
      problem('ANSWER_TRUNCATED', 'The answer ends where the token limit cut it.').toDocument(turn.requestId),
    )
  }
  if (finishReason === 'stop' && tools.length === 0 && needsWeatherTool(turn, reply.text)) {
    turn.notice(
      problem('TOOL_NOT_CALLED', 'No weather was looked up for this answer.').toDocument(turn.requestId),
    )
  }
  return { finishReason, usage, tools }
}

function addUsage(sum: TokenUsage | null, added: TokenUsage | null): TokenUsage | null {
  if (sum === null || added === null) return sum ?? added
  return {
    inputTokens: sum.inputTokens + added.inputTokens,
    outputTokens: sum.outputTokens + added.outputTokens,
  }
}

function runOf({ context }: Runtime): Run {
  if (context === undefined) throw new Error('The graph was run without its context.')
  return context.run()
}
