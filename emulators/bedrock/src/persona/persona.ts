import type { ConverseRequest } from '../bedrock/converse-request.ts'
import { type Conversation, readConversation } from './conversation.ts'
import { describe, listNames } from './describe.ts'
import { detectLanguage } from './language/detect.ts'
import type { Language } from './language/language.ts'
import { observe } from './observations.ts'
import type { Reply } from './reply.ts'
import { callTool, findWeatherTools, type WeatherTools } from './tools.ts'
import type { Period } from './understanding/period.ts'
import { type Understanding, understand } from './understanding/understand.ts'

/** What a question means in its conversation. */
interface Question extends Understanding {
  readonly isAboutWeather: boolean
}

/**
 * The emulated model: rules that know weather questions and little else. It asks the offered tools for weather
 * and words their answers; what it says about weather comes from tool results alone.
 */
export function reply(request: ConverseRequest): Reply {
  const conversation = readConversation(request)
  const language = detectLanguage([conversation.question, ...conversation.earlierQuestions])
  const question = interpret(conversation)
  if (conversation.exchanges.length > 0) {
    const observations = conversation.exchanges.map(({ result }) => observe(result))
    return say(describe(observations, question, language))
  }
  const tools = findWeatherTools(request)
  const { any, tool } = request.toolConfig?.toolChoice ?? {}
  if (any ?? tool) return useTool(question, tools, language, true)
  if (question.isAboutWeather) return useTool(question, tools, language, false)
  return say(question.smallTalk ? language[question.smallTalk] : language.declines)
}

/** Reads the question, and completes what it leaves out from the questions before. */
function interpret({ question, earlierQuestions }: Conversation): Question {
  const own = understand(question)
  const earlier = earlierQuestions.map(understand)
  const lastAbout = earlier.find(({ asksWeather, continues }) => asksWeather || continues)
  const isFollowUp =
    !own.asksWeather && own.continues && lastAbout !== undefined && own.smallTalk === undefined
  const isAboutWeather = own.asksWeather || isFollowUp
  const places =
    own.places.length > 0 ? own.places : (earlier.find(one => one.places.length > 0)?.places ?? [])
  const period = own.period ?? (isFollowUp && own.places.length > 0 ? lastAbout.period : undefined)
  const asksUmbrella = own.asksUmbrella || (isFollowUp && lastAbout.asksUmbrella)
  return { ...own, isAboutWeather, places, period, asksUmbrella }
}

function useTool(
  { places, period }: { places: readonly string[]; period: Period | undefined },
  tools: WeatherTools,
  language: Language,
  isForced: boolean,
): Reply {
  if (!tools.current && !tools.forecast) return say(language.hasNoTool)
  const tool = period ? tools.forecast : (tools.current ?? tools.forecast)
  if (!tool) return say(language.hasNoForecast)
  const names = places.length === 0 && isForced ? ['unknown'] : places
  if (names.length === 0) return say(language.asksForCity)
  const days = tool === tools.forecast ? (period ?? { days: 1 }) : undefined
  const announce = days ? language.announcesForecast : language.announcesWeather
  return {
    blocks: [
      ...(isForced ? [] : [{ type: 'text' as const, text: announce(listNames(names, language)) }]),
      ...callTool(tool, names, days),
    ],
    stopReason: 'tool_use',
  }
}

function say(text: string): Reply {
  return { blocks: [{ type: 'text', text }], stopReason: 'end_turn' }
}
