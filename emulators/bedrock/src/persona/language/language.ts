import type { Day, Report } from '../observations.ts'

/** How the model talks in one language. */
export interface Language {
  /** BCP 47 tag, for numbers and names of days. */
  readonly tag: string
  readonly greeting: string
  readonly thanks: string
  readonly farewell: string
  /** What it says of itself, truthfully. */
  readonly identity: string
  readonly capabilities: string
  readonly wellbeing: string
  readonly declines: string
  readonly asksForCity: string
  readonly hasNoTool: string
  readonly hasNoForecast: string
  /** Said before tools are called. */
  announcesWeather(places: string): string
  announcesForecast(places: string): string
  and: string
  apology(sentence: string): string
  report(report: Report, place: string): string
  day(day: Day, name: string): string
  forecastOf(place: string): string
  warmer(warm: string, cold: string, degrees: string): string
  equallyWarm(places: string): string
  umbrella(places: string): string
  noUmbrella(places: string): string
  readonly today: string
  readonly tomorrow: string
  readonly averages: string
  source(name: string): string
  /** Weather words of the tool, which speaks English. */
  readonly conditions: Readonly<Record<string, string>>
  /** “usually mild in late November”, from the tool's climate table. */
  usually(word: string, part: 'early' | 'mid' | 'late', month: string): string
}

/** 3.5 °C as the language writes it. */
export function degrees(value: number, unit: 'C' | 'F', tag: string): string {
  return `${new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }).format(value)} °${unit}`
}

/** Both scales, as in “3 °C (37 °F)”. */
export function bothScales(celsius: number, fahrenheit: number | undefined, tag: string): string {
  const inC = degrees(celsius, 'C', tag)
  return fahrenheit === undefined ? inC : `${inC} (${degrees(Math.round(fahrenheit), 'F', tag)})`
}

/** Humidity and wind where the tool told them. */
export function details({ humidityPercent, windKph }: Report, humidity: string, wind: string): string {
  const known = [
    humidityPercent === undefined ? [] : `${humidity} ${humidityPercent} %`,
    windKph === undefined ? [] : `${wind} ${Math.round(windKph)} km/h`,
  ].flat()
  return known.length === 0 ? '' : `, ${known.join(', ')}`
}
