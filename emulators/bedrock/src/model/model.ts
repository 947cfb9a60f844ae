import { isDeepStrictEqual } from 'node:util'
import type { ConverseRequest, Message, ToolSpec } from '../wire/converse-request.ts'
import { answerAlerts } from './alerts.ts'
import { ordersIn } from './orders.ts'
import { readWeatherQuestion } from './question.ts'
import { type Reply, type ReplyBlock, say } from './reply.ts'
import { describeResults } from './results.ts'
import { askForWeather, toolsFor, useNamedTool } from './tools.ts'

// biome-ignore format: table
const smallTalk: readonly (readonly [RegExp, string])[] = [
  [/\b(?:who|what) are you\b|\bare you\b/i, 'I am an emulated model: a small set of rules in the place of Claude on Amazon Bedrock, for local runs and tests. I can call tools and word what they return; I do not reason.'],
  [/\b(?:see|know) (?:of|about) me\b|\bwho am i\b/i, 'I see the text of this conversation and what tools return, nothing else: no token, and nothing that says who you are.'],
  [/^(?:hi|hello|hey|good (?:morning|evening|day))\b/i, 'Hello! Ask me about the weather in any city, now or for the next days.'],
  [/^/, 'I can only help with the weather, or call another tool that you name. Ask me about a city, for example “Will it rain in Lisbon tomorrow?”'],
]

const textOf = ({ content }: Pick<Message, 'content'>) => content.flatMap(({ text }) => text ?? []).join('\n')
const isQuestion = (message: Message) =>
  message.role === 'user' && textOf(message) !== '' && !message.content.some(({ toolResult }) => toolResult)

/**
 * The emulated model: a few rules. It understands questions about weather, their follow-ups, and requests for alerts. Tools for
 * anything else are called if the user names them (`get_tasks`, “get tasks” or just “tasks”). If the user names a tool server,
 * only tools of this server are called. All facts in the model's answers come from tools.
 *
 * @param obeysResults whether the model also does what the results of tools ask it for, as an injected one would
 */
export function respond({ messages, system = [], toolConfig }: ConverseRequest, obeysResults = false): Reply {
  const questions = messages.filter(isQuestion).map(textOf)
  const message = questions.at(-1) ?? ''
  const today =
    /\bToday is (\S{10})/.exec(textOf({ content: system }))?.[1] ?? new Date().toISOString().slice(0, 10)
  const tools = toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec ?? []) ?? []
  const calls = messages.flatMap(({ content }) => content.flatMap(({ toolUse }) => toolUse ?? []))
  const nameOf = (id: string) => calls.findLast(({ toolUseId }) => toolUseId === id)?.name ?? ''
  const resultsIn = (part: readonly Message[]) =>
    part.flatMap(({ content }) => content.flatMap(({ toolResult }) => toolResult ?? []))
  const results = resultsIn(messages.slice(messages.findLastIndex(isQuestion) + 1))
  if (results.length > 0) {
    const orders = obeysResults ? ordersIn(resultsIn(messages.slice(-1))) : []
    const obeyed = orders.flatMap(order => follow(tools, [order], today)?.blocks ?? [])
    // A call that was made already is not made again, or a result that asks for itself would be read without end.
    const isMade = (block: ReplyBlock) =>
      block.type === 'toolUse' &&
      calls.some(({ name, input }) => name === block.name && isDeepStrictEqual(input, block.input))
    const blocks = obeyed.filter(block => !isMade(block))
    if (blocks.some(({ type }) => type === 'toolUse')) return { blocks, stopReason: 'tool_use' }
    const named = results.map(result => [nameOf(result.toolUseId), result] as const)
    return say(describeResults(named, readWeatherQuestion(questions, today)?.onlyLastDay ?? false))
  }
  return (
    follow(tools, questions, today) ?? say(smallTalk.find(([pattern]) => pattern.test(message))?.[1] ?? '')
  )
}

/** Does what the last of these messages asks for; `undefined` if no tool fits. */
function follow(tools: readonly ToolSpec[], messages: readonly string[], today: string): Reply | undefined {
  const message = messages.at(-1) ?? ''
  const offered = toolsFor(tools, message)
  const weather = readWeatherQuestion(messages, today)
  return (
    answerAlerts(offered, message, today) ??
    useNamedTool(offered, message) ??
    (weather && askForWeather(offered, weather))
  )
}
