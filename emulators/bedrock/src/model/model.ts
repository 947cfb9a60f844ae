import type { ConverseRequest, Message } from '../wire/converse-request.ts'
import { answerAlerts } from './alerts.ts'
import { readWeatherQuestion } from './question.ts'
import { type Reply, say } from './reply.ts'
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
 */
export function respond({ messages, system = [], toolConfig }: ConverseRequest): Reply {
  const questions = messages.filter(isQuestion).map(textOf)
  const message = questions.at(-1) ?? ''
  const today =
    /\bToday is (\S{10})/.exec(textOf({ content: system }))?.[1] ?? new Date().toISOString().slice(0, 10)
  const weather = readWeatherQuestion(questions, today)
  const calls = messages.flatMap(({ content }) => content.flatMap(({ toolUse }) => toolUse ?? []))
  const nameOf = (id: string) => calls.findLast(({ toolUseId }) => toolUseId === id)?.name ?? ''
  const latest = messages.slice(messages.findLastIndex(isQuestion) + 1).flatMap(({ content }) => content)
  const results = latest.flatMap(({ toolResult }) => toolResult ?? [])
  const named = results.map(result => [nameOf(result.toolUseId), result] as const)
  if (named.length > 0) return say(describeResults(named, weather?.onlyLastDay ?? false))
  const tools = toolsFor(toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec ?? []) ?? [], message)
  return (
    answerAlerts(tools, message, today) ??
    useNamedTool(tools, message) ??
    (weather && askForWeather(tools, weather)) ??
    say(smallTalk.find(([pattern]) => pattern.test(message))?.[1] ?? '')
  )
}
