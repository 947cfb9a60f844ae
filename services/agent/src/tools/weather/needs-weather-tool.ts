import type { HistoryEntry } from '@entra-bedrock-agent/identity-trace'

/** Words that ask for weather, or their beginnings, in the languages in which people are likely to write to the agent. */
const weatherWords = anyOf(
  [
    'weather',
    'forecast',
    'temperature',
    String.raw`\b(rain(s|y|ing)?|snow(s|y|ing)?|sunny|wind(y|s)?|cloudy|humid(ity)?|umbrellas?)\b`,
    String.raw`\b(hot(ter|test)?|cold(er|est)?|warm(er|est)?)\b(?! (regards|wishes|welcome))`,
  ],
  ['wetter', 'vorhersage', 'temperatur', 'regnet', 'schnei'],
  ['météo', 'meteo', 'pleut', 'prévisions', 'pronóstico', 'llueve', 'piove', String.raw`\bclima\b`],
  [String.raw`\bqu[eé] tiempo\b`, String.raw`\bel tiempo (en|hoy|mañana|para|de (hoy|mañana))\b`],
  [String.raw`v[æä]ret?\b`, String.raw`s[äa]ä\b`, 'pogod', 'погод', 'hava durumu', '天気', '天气', '날씨'],
)
/** Words of a question that only makes sense after a question about weather. */
const followUpWords = anyOf(
  [String.raw`^(and|what about|how about|und|et|y|e|og|och|en)\b`],
  ['tomorrow', 'weekend', 'tonight', 'morgen', 'demain', 'mañana', 'domani'],
)

function anyOf(...words: readonly (readonly string[])[]): RegExp {
  return new RegExp(words.flat().join('|'), 'i')
}

/**
 * Whether an answer that came without a tool is doubtful: the message asked for weather, and the answer does not ask back.
 * An answer that ends with a question mark asks back, for example for the city.
 */
export function needsWeatherTool(
  { message, history }: { readonly message: string; readonly history: readonly HistoryEntry[] },
  answer: string,
): boolean {
  const said = answer.trimEnd()
  if (said.endsWith('?') || said.endsWith('？')) return false
  if (weatherWords.test(message)) return true
  const before = history.findLast(({ role }) => role === 'user')
  return before !== undefined && weatherWords.test(before.text) && followUpWords.test(message)
}
