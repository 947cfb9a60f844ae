import { expect, it } from 'vitest'
import { closestNames, normalizeName, splitPlace } from './place-names.ts'
import { qualifiersFit } from './place-qualifiers.ts'

it.each([
  ['São Paulo', 'sao paulo'],
  ['  MÜNCHEN ', 'munchen'],
  ['Tel-Aviv', 'tel aviv'],
  ['Washington, D.C.', 'washington d c'],
  ['København', 'kobenhavn'],
  ['Łódź', 'lodz'],
  ['İstanbul', 'istanbul'],
  ['Straßburg', 'strassburg'],
  ['東京', '東京'],
  ['서울', '서울'],
  ['ＯＳＬＯ', 'oslo'],
  ['Αθήνα', 'αθηνα'],
  ['Йошкар-Ола', 'иошкар ола'],
  ['தேனி, தமிழ்நாடு', 'தேனி தமிழ்நாடு'],
])('The name "%s" is comparable as "%s"', (name, normalized) => {
  expect([name, name.normalize('NFD')].map(normalizeName)).toEqual([normalized, normalized])
})

it.each([
  ['தேனி', 'தானே'],
  ['दिल्ली', 'दलाल'],
  ['ปี', 'ปู'],
  ['が', 'か'],
  ['🌧️', '!!!'],
  ['☀️', '🌧️'],
  ['!!!', ''],
])('The names "%s" and "%s" stay apart', (one, other) => {
  expect(normalizeName(one)).not.toBe(normalizeName(other))
})

it('What follows a comma is taken as region and country', () => {
  expect(splitPlace('Portland , Oregon,,USA')).toEqual({ name: 'Portland', qualifiers: ['Oregon', 'USA'] })
  expect(splitPlace('Rome')).toEqual({ name: 'Rome', qualifiers: [] })
})

it('Region and country, by name or abbreviation, have to fit the place', () => {
  const dallas = { region: 'Texas', country: 'United States', countryCode: 'US' }
  const fit = [[], ['Texas'], ['TX', 'USA'], ['texas', 'us'], ['U.S.A.']]
  const others = [['Oregon'], ['Texas', 'Canada'], ['Tex'], ['constructor']]
  expect([...fit, ...others].filter(qualifiers => qualifiersFit(qualifiers, dallas))).toEqual(fit)
})

it.each([
  ['Dalas', ['Dallas']],
  ['allasD', ['Dallas']],
  ['Nwe Yrok', ['New York']],
  ['Lime', ['Lima']],
  ['Antananarivo', []],
])('The name "%s" may mean %j', (wanted, close) => {
  expect(closestNames(wanted, ['Dallas', 'Dublin', 'Delhi', 'Lima', 'New York'])).toEqual(close)
})
