import { describe, expect, it } from 'vitest'
import { closestNames, normalizeName, splitPlace } from './place-names.ts'
import { qualifiersFit } from './place-qualifiers.ts'

describe('normalizeName', () => {
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
  ])('makes the name "%s" comparable', (name, normalized) => {
    expect(normalizeName(name)).toBe(normalized)
    expect(normalizeName(name.normalize('NFD'))).toBe(normalized)
  })

  it.each([
    ['தேனி', 'தானே'],
    ['दिल्ली', 'दलाल'],
    ['ปี', 'ปู'],
    ['が', 'か'],
    ['🌧️', '!!!'],
    ['☀️', '🌧️'],
    ['!!!', ''],
  ])('keeps "%s" and "%s" apart', (one, other) => expect(normalizeName(one)).not.toBe(normalizeName(other)))
})

describe('splitPlace', () => {
  it('takes what follows a comma as region and country', () => {
    expect(splitPlace('Portland , Oregon,,USA')).toEqual({ name: 'Portland', qualifiers: ['Oregon', 'USA'] })
    expect(splitPlace('Rome')).toEqual({ name: 'Rome', qualifiers: [] })
  })
})

describe('qualifiersFit for Dallas', () => {
  const dallas = { region: 'Texas', country: 'United States', countryCode: 'US' }

  it.each([[[]], [['Texas']], [['TX', 'USA']], [['texas', 'us']], [['U.S.A.']]])('accepts %j', qualifiers => {
    expect(qualifiersFit(qualifiers, dallas)).toBe(true)
  })

  it.each([[['Oregon']], [['Texas', 'Canada']], [['Tex']], [['constructor']]])('refuses %j', qualifiers => {
    expect(qualifiersFit(qualifiers, dallas)).toBe(false)
  })
})

describe('closestNames', () => {
  const names = ['Dallas', 'Dublin', 'Delhi', 'Lima', 'New York']

  it.each([
    ['Dalas', ['Dallas']],
    ['allasD', ['Dallas']],
    ['Nwe Yrok', ['New York']],
    ['Lime', ['Lima']],
    ['Antananarivo', []],
  ])('finds the names that "%s" may mean', (wanted, close) => {
    expect(closestNames(wanted, names)).toEqual(close)
  })
})
