import { degrees, type Language } from './language/language.ts'
import type { Day, Observation } from './observations.ts'
import type { Period } from './understanding/period.ts'

type Weather = Extract<Observation, { kind: 'report' | 'forecast' }>

export interface Wish {
  readonly period: Period | undefined
  readonly asksUmbrella: boolean
}

/** Words an answer from what the tools told, and from nothing else. */
export function describe(observations: readonly Observation[], wish: Wish, language: Language): string {
  const weather = observations.filter(observation => observation.kind !== 'sentence')
  const paragraphs = [
    ...weather.map(one => describeOne(one, wish, language)),
    compare(weather, wish, language),
    wish.asksUmbrella ? adviseUmbrella(weather, wish, language) : undefined,
    ...observations.flatMap(one =>
      one.kind === 'sentence' ? language.apology(withoutToolName(one.text)) : [],
    ),
    tellSource(weather, language),
  ]
  return paragraphs.filter(paragraph => paragraph !== undefined).join('\n')
}

function describeOne(weather: Weather, wish: Wish, language: Language): string {
  const place = weather.country === undefined ? weather.city : `${weather.city}, ${weather.country}`
  if (weather.kind === 'report') {
    const condition = translate(weather.report.condition, language)
    return language.report({ ...weather.report, condition }, place)
  }
  const days = pickDays(weather.days, wish.period).map(day =>
    language.day(
      { ...day, condition: translate(day.condition, language) },
      nameDay(day, weather.days, language),
    ),
  )
  return [language.forecastOf(place), ...days.map(day => `- ${day}`)].join('\n')
}

function pickDays(days: readonly Day[], period: Period | undefined): readonly Day[] {
  const { index, weekdays } = period ?? {}
  const picked =
    index === undefined
      ? days.filter(({ date }) => weekdays?.includes(new Date(date).getUTCDay()) ?? true)
      : days.slice(index, index + 1)
  return picked.length > 0 ? picked : days
}

function nameDay(day: Day, days: readonly Day[], language: Language): string {
  const index = days.indexOf(day)
  if (index === 0) return language.today
  if (index === 1) return language.tomorrow
  const time = Date.parse(day.date)
  if (Number.isNaN(time)) return day.date
  const format = new Intl.DateTimeFormat(language.tag, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
  const name = format.format(time)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** Which of several cities is the warmest; the days ahead are compared by their highs. */
function compare(weather: readonly Weather[], wish: Wish, language: Language): string | undefined {
  const measured = weather
    .map(one => ({ city: one.city, celsius: warmth(one, wish) }))
    .filter(one => one.celsius !== undefined)
    .toSorted((a, b) => (b.celsius ?? 0) - (a.celsius ?? 0))
  const [warmest, coldest] = [measured[0], measured.at(-1)]
  if (measured.length < 2 || warmest?.celsius === undefined || coldest?.celsius === undefined)
    return undefined
  const difference = Math.round((warmest.celsius - coldest.celsius) * 10) / 10
  return difference === 0
    ? language.equallyWarm(
        listNames(
          measured.map(({ city }) => city),
          language,
        ),
      )
    : language.warmer(warmest.city, coldest.city, degrees(difference, 'C', language.tag))
}

function warmth(weather: Weather, { period }: Wish): number | undefined {
  if (weather.kind === 'report') return weather.report.celsius
  const highs = pickDays(weather.days, period).map(({ highCelsius }) => highCelsius)
  return highs.length === 0 ? undefined : Math.max(...highs)
}

function adviseUmbrella(weather: readonly Weather[], wish: Wish, language: Language): string | undefined {
  // Averages say nothing about rain.
  const known = weather.filter(({ source }) => source !== 'climate-normals')
  if (known.length === 0) return undefined
  const wet = known.filter(one =>
    conditionsOf(one, wish).some(condition => /rain|drizzle|thunder/.test(condition)),
  )
  const names = (list: readonly Weather[]) =>
    listNames(
      list.map(({ city }) => city),
      language,
    )
  return wet.length > 0 ? language.umbrella(names(wet)) : language.noUmbrella(names(known))
}

function conditionsOf(weather: Weather, { period }: Wish): readonly string[] {
  return weather.kind === 'report'
    ? [weather.report.condition]
    : pickDays(weather.days, period).map(({ condition }) => condition)
}

function tellSource(weather: readonly Weather[], language: Language): string | undefined {
  const sources = new Set(weather.flatMap(({ source }) => source ?? []))
  if (sources.size === 0) return undefined
  return [
    ...(sources.has('climate-normals') ? [language.averages] : []),
    language.source([...sources].join(', ')),
  ].join(' ')
}

function translate(condition: string, language: Language): string {
  const usual = /^usually (.+) in (?:(early|late) |(mid)-)(\p{L}+) \(long-term average\)$/u.exec(condition)
  if (!usual) return language.conditions[condition] ?? condition
  const [, word = '', earlyOrLate, mid, month = ''] = usual
  const part = earlyOrLate === 'early' || earlyOrLate === 'late' ? earlyOrLate : 'mid'
  return mid === undefined && part === 'mid'
    ? condition
    : language.usually(language.conditions[word] ?? word, part, monthName(month, language))
}

function monthName(english: string, { tag }: Language): string {
  const time = Date.parse(`1 ${english} 2000 UTC`)
  if (Number.isNaN(time)) return english
  return new Intl.DateTimeFormat(tag, { month: 'long', timeZone: 'UTC' }).format(time)
}

/** “Oslo, Paris and Rome” */
export function listNames(names: readonly string[], language: Language): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${language.and} ${last}`
}

/** Failures may begin with the tool's name, which is of no interest to a person. */
function withoutToolName(sentence: string): string {
  return sentence.replace(/^\w+ failed: /, '')
}
