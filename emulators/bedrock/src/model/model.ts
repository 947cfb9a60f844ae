import type { ConverseRequest } from '../wire/converse-request.ts'
import { answerAlerts } from './alerts.ts'
import { readConversation } from './conversation.ts'
import { readWeatherQuestion } from './question.ts'
import { type Reply, say } from './reply.ts'
import { describeResults } from './results.ts'
import { askForWeather, findNamedTool, toolsFor, useTool } from './tools.ts'

// biome-ignore format: table
const smallTalk: readonly (readonly [RegExp, string])[] = [
  [/\b(?:who|what) are you\b|\bare you\b/i, 'I am an emulated model: a small set of rules in the place of Claude on Amazon Bedrock, for local runs and tests. I can call tools and word what they return; I do not reason.'],
  [/\b(?:see|know) (?:of|about) me\b|\bwho am i\b/i, 'I see the text of this conversation and what tools return, nothing else: no token, and nothing that says who you are.'],
  [/^(?:hi|hello|hey|good (?:morning|evening|day))\b/i, 'Hello! Ask me about the weather in any city, now or for the next days.'],
  [/^/, 'I can only help with the weather, or call another tool that you name. Ask me about a city, for example “Will it rain in Lisbon tomorrow?”'],
]

/**
 * The emulated model: a few rules. It understands questions about weather, their follow-ups, and requests for alerts. Tools for
 * anything else are called if the user names them (`get_tasks`, “get tasks” or just “tasks”). If the user names a tool server,
 * only tools of this server are called. All facts in the model's answers come from tools.
 */
export function respond(request: ConverseRequest): Reply {
  const { questions, exchanges, today } = readConversation(request)
  const message = questions.at(-1) ?? ''
  const weather = readWeatherQuestion(questions, today)
  if (exchanges.length > 0) return say(describeResults(exchanges, weather?.onlyLastDay ?? false))
  const given = request.toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec ?? []) ?? []
  const tools = toolsFor(given, message)
  const aboutAlerts = answerAlerts(tools, message, today)
  if (aboutAlerts) return aboutAlerts
  const named = findNamedTool(tools, message)
  if (named) return useTool(named, message)
  if (weather) return askForWeather(tools, weather)
  return say(smallTalk.find(([pattern]) => pattern.test(message))?.[1] ?? '')
}
