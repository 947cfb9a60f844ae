import type { ProblemError } from '@entra-agents/service-kit'
import { problem } from '../../problems.ts'
import { closestNames, normalizeName, splitPlace } from '../place-names.ts'
import { qualifiersFit } from '../place-qualifiers.ts'
import { type City, cities } from './cities.ts'

const citiesByName = new Map<string, City[]>()
for (const city of cities) {
  for (const name of [city.name, ...(city.alsoCalled ?? [])].map(normalizeName)) {
    citiesByName.set(name, [...(citiesByName.get(name) ?? []), city])
  }
}

/**
 * Finds a city by name: in upper or lower case, with or without accents, by other names too ("Munich", "München"), with or
 * without region or country.
 *
 * @throws {ProblemError} CITY_NOT_FOUND, with similar names as suggestions
 */
export function findCity(text: string): City {
  const whole = citiesByName.get(normalizeName(text))?.[0]
  if (whole) return whole
  const { name, qualifiers } = splitPlace(text)
  const namesakes = citiesByName.get(normalizeName(name)) ?? []
  const city = namesakes.find(candidate => qualifiersFit(qualifiers, candidate))
  if (city) return city
  const elsewhere = namesakes.map(namesake => `${namesake.name}, ${namesake.region ?? namesake.country}`)
  throw unknownCityProblem(
    `None of the ${cities.length} cities with climate normals is called “${text}”.`,
    elsewhere.length > 0 ? elsewhere : suggestCities(name),
  )
}

/** Cities with names similar to a misspelt one, best first. */
export function suggestCities(name: string): string[] {
  const close = closestNames(name, [...citiesByName.keys()])
  return [...new Set(close.flatMap(key => citiesByName.get(key) ?? []).map(city => city.name))]
}

/** The problem CITY_NOT_FOUND with suggestions, likeliest first. */
export function unknownCityProblem(detail: string, suggestions: readonly string[]): ProblemError {
  return problem('CITY_NOT_FOUND', detail, {
    hint: suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : undefined,
    extensions: { suggestions },
  })
}
