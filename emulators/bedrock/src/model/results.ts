import type { ToolResultBlock } from '../wire/converse-request.ts'

type Members = Readonly<Record<string, unknown>>

/** How results of known shapes are worded: by the first of these rows whose members a result has. */
// biome-ignore format: table
const wordings: readonly (readonly [members: readonly string[], words: (value: Members) => string])[] = [
  [['city', 'temperature_c', 'source'], ({ city, country, temperature_c, condition, source }) => `${city}, ${country}: ${temperature_c} °C, ${condition} (${source}).`],
  [['city', 'days', 'source'], ({ city, country, days, source }) => `${city}, ${country}: ${describe(days)} (${source}).`],
  [['date', 'low_c', 'high_c'], ({ date, low_c, high_c, condition }) => `${date} ${low_c} to ${high_c} °C, ${condition}`],
  [['alerts'], ({ alerts }) => describeAlerts(alerts)],
  [['city', 'when', 'untilDate', 'now', 'reached'], ({ city, when, untilDate, id, now, reached }) => `${city}: ${describe(when)} until ${untilDate} (${id}). ${now === null ? 'Now unknown' : `Now ${describe(now)}, ${reached ? 'reached' : 'not reached'}`}`],
  [['celsius', 'observedAt'], ({ celsius, source }) => `${source === 'climate-normals' ? 'about ' : ''}${celsius} °C`.replace('-', '−')],
  [['city', 'when', 'untilDate'], ({ city, when, untilDate, id }) => `${city} ${describe(when)} until ${untilDate} (${id})`],
  [['kind', 'celsius'], ({ kind, celsius }) => `${kind} ${celsius} °C`.replace('temperature-', '').replace('-', '−')],
]

const hasMembers = (value: unknown, ...names: readonly string[]): value is Members =>
  typeof value === 'object' && value !== null && names.every(name => name in value)

/** Writes an answer that says only what the named tools returned; `onlyLastDay`: of forecasts, only the last day. */
export function describeResults(
  results: readonly (readonly [string, ToolResultBlock])[],
  onlyLastDay: boolean,
) {
  const words = results.map(([name, result]) => describeResult(name, result, onlyLastDay))
  const isNothingSent = words.every(sentence => sentence.startsWith('I did not call'))
  return [...words, ...(isNothingSent ? ['Nothing was sent by this denial.'] : [])].join('\n')
}

/** Recognises a failed call by its status or the beginning of its text, and a denied call by the words “was denied”. */
function describeResult(name: string, { content, status }: ToolResultBlock, onlyLastDay: boolean): string {
  const parts = content.map(
    ({ text, image, json }) => text ?? (image ? `(${image.format} image)` : JSON.stringify(json)),
  )
  const text = parts.join('\n')
  if (/^\S+ was denied\b/.test(text)) return `I did not call ${name}, as you decided.`
  const value = readJson(text, onlyLastDay)
  const failure = /^(?:\S+ failed|Error): (.*)$/s.exec(text)?.[1]
  if (failure !== undefined || status === 'error')
    return `I’m sorry, I could not get that: ${failure ?? describe(value)}`
  if (hasMembers(value, 'city', 'source')) return describe(value)
  const isAlert = hasMembers(value, 'city', 'when', 'untilDate')
  return `${name} says: ${describe(value)}${isAlert ? '. Nothing watches the weather for it, and nobody is told.' : ''}`
}

/** A text as JSON, or as it is if it is no JSON. */
function readJson(text: string, onlyLastDay: boolean): unknown {
  const keepLast = (name: string, it: unknown) =>
    onlyLastDay && name === 'days' && Array.isArray(it) ? it.slice(-1) : it
  try {
    return JSON.parse(text, keepLast)
  } catch {
    return text
  }
}

/** Weather, an alert, or other JSON as a sentence: “project: Apollo, tasks: launch; land”. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return value.map(describe).join('; ') || 'none'
  if (!hasMembers(value)) return String(value)
  const words = wordings.find(([members]) => hasMembers(value, ...members))?.[1]
  const members = Object.entries(value).map(([name, one]) => `${name.replaceAll('_', ' ')}: ${describe(one)}`)
  return words?.(value) ?? members.join(', ')
}

function describeAlerts(alerts: unknown): string {
  if (!Array.isArray(alerts)) return `alerts: ${describe(alerts)}`
  if (alerts.length === 0) return 'there are no alerts'
  return `${alerts.length === 1 ? 'one alert' : `${alerts.length} alerts`}. ${describe(alerts)}`
}
