import type { HistoryEntry } from '@entra-agents/trace'

/** Words that ask for weather, or their beginnings, in the languages in which people are likely to write to a model. */
const weatherWords = new RegExp(
  [
    String.raw`weather|forecast|temperature|\b(?:rain(?:s|y|ing)?|snow(?:s|y|ing)?|sunny|wind[ys]?|cloudy|humid(?:ity)?|umbrellas?)\b`,
    String.raw`\b(?:hot(?:ter|test)?|(?:cold|warm)(?:er|est)?)\b(?! (?:regards|wishes|welcome))`,
    String.raw`wetter|vorhersage|temperatur|regnet|schnei|m[ée]t[ée]o|pleut|prévisions|pronóstico|llueve|piove|\bclima\b`,
    String.raw`\bqu[eé] tiempo\b|\bel tiempo (?:en|hoy|mañana|para|de (?:hoy|mañana))\b`,
    String.raw`v[æä]ret?\b|s[äa]ä\b|pogod|погод|hava durumu|天気|天气|날씨`,
  ].join('|'),
  'i',
)
/** Words of a question that only makes sense after a question about weather. */
const followUpWords =
  /^(?:and|what about|how about|und|et|y|e|og|och|en)\b|tomorrow|weekend|tonight|morgen|demain|mañana|domani/i

/** Whether an answer that came without a tool is doubtful: the message asked for weather, and the answer does not ask back. */
export function needsWeatherTool(
  { message, history }: { readonly message: string; readonly history: readonly HistoryEntry[] },
  answer: string,
): boolean {
  if (/[?？]$/.test(answer.trimEnd())) return false
  const before = history.findLast(({ role }) => role === 'user')
  return (
    weatherWords.test(message) ||
    (before !== undefined && weatherWords.test(before.text) && followUpWords.test(message))
  )
}
