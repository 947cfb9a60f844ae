import type { Turn } from './turn.ts'

/** Words that ask for weather, in the languages that people are likely to write to the agent in. */
const weatherWords =
  /weather|forecast|temperature|\b(rain|snow|sunny|wind|cloudy|humid|umbrella|degrees|hot|cold|warm)|wetter|vorhersage|temperatur|regnet|schnei|m[ée]t[ée]o|pleut|pr[ée]visions|tiempo|clima|pron[oó]stico|llueve|meteo|piove|v[æä]ret?\b|s[äa]ä\b|pogod|погод|天気|天气|날씨|hava durumu/i
/** A question that only makes sense as the continuation of one about weather. */
const followUpWords =
  /^(and|what about|how about|und|et|y|e|og|och|en)\b|tomorrow|weekend|tonight|morgen|demain|ma[ñn]ana|domani/i

/**
 * Whether a message asked for weather and the answer, which came without a tool, gives some.
 * An answer that ends with a question asks back, for example for the city.
 */
export function needsWeatherTool(
  { message, history }: Pick<Turn, 'message' | 'history'>,
  answer: string,
): boolean {
  if (/[?？]\s*$/.test(answer)) return false
  if (weatherWords.test(message)) return true
  const before = history.findLast(({ role }) => role === 'user')
  return before !== undefined && weatherWords.test(before.text) && followUpWords.test(message)
}
