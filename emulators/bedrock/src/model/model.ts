import type { ConverseRequest } from '../wire/converse-request.ts'
import { answerAboutAlerts } from './alerts.ts'
import { readConversation } from './conversation.ts'
import { describeResults } from './describe-results.ts'
import { type Reply, say } from './reply.ts'
import { findSmallTalk } from './small-talk.ts'
import { findNamedTool, findToolByWords, toolsOfNamedServer, useTool } from './tools.ts'
import { readWeatherQuestion } from './weather-question.ts'
import { askForWeather, isWeatherTool } from './weather-tools.ts'

/**
 * The emulated model: a few rules. It understands questions about weather, their follow-ups, and requests for alerts. Tools for
 * anything else are called if the user names them (`get_tasks`, “get tasks” or just “tasks”). If the user names a tool server,
 * only tools of this server are called. All facts in the model's answers come from tools.
 */
export function respond(request: ConverseRequest): Reply {
  const conversation = readConversation(request)
  const { question, exchanges } = conversation
  const weather = readWeatherQuestion(conversation)
  if (exchanges.length > 0) return say(describeResults(exchanges, weather))

  const given = request.toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec ?? []) ?? []
  const tools = toolsOfNamedServer(given, question) ?? given
  const aboutAlerts = answerAboutAlerts(tools, question, readDate(request))
  if (aboutAlerts) return aboutAlerts

  const weatherTools = tools.filter(isWeatherTool)
  const others = tools.filter(tool => !isWeatherTool(tool))
  const named = findNamedTool(others, question)
  if (named) return useTool(named, question)
  if (weather.isAboutWeather && weatherTools.length > 0) return askForWeather(weatherTools, weather)
  const asked = findToolByWords(others, question)
  if (asked) return useTool(asked, question)
  if (weather.isAboutWeather)
    return say('I have no weather tool in this conversation, so I cannot look that up.')
  return say(
    findSmallTalk(question) ??
      'I can only help with the weather, or call another tool that you name. Ask me about a city, for example “Will it rain in Lisbon tomorrow?”',
  )
}

/** The date in the system prompt, else today's. */
function readDate({ system = [] }: ConverseRequest): string {
  const said = system.map(({ text = '' }) => text).join('\n')
  return /\bToday is (\d{4}-\d{2}-\d{2})/.exec(said)?.[1] ?? new Date().toISOString().slice(0, 10)
}
