import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAboutAlerts } from './alerts/alert-request.ts'
import { longMessages } from './testing/long-messages.ts'
import { recogniseWeatherQuestion } from './weather-question.ts'

const now = 'now'
const tomorrow = { days: 2, onlyLast: true }
const days = (count: number) => ({ days: count, onlyLast: false })

describe('A message to direct mode', () => {
  it.each([
    ['Weather in Dallas?', 'Dallas', now],
    ["what's it like in São Paulo tomorrow", 'São Paulo', tomorrow],
    ['what’s it like in São Paulo tomorrow?', 'São Paulo', tomorrow],
    ['Dallas', 'Dallas', now],
    ['forecast for New York, 3 days', 'New York', days(3)],
    ['wie ist das Wetter in Wien morgen', 'Wien', tomorrow],
    ['weather in dallas', 'dallas', now],
    ['WEATHER IN DALLAS', 'DALLAS', now],
    ['Dallas weather', 'Dallas', now],
    ["Berlin's weather tomorrow", 'Berlin', tomorrow],
    ['and in Rome?', 'Rome', now],
    ['What about Rome tomorrow?', 'Rome', tomorrow],
    ['Oslo this week', 'Oslo', days(7)],
    ['forecast for the next 3 days in Oslo', 'Oslo', days(3)],
    ['3-day forecast for Cape Town please', 'Cape Town', days(3)],
    ['the day after tomorrow in Lagos', 'Lagos', { days: 3, onlyLast: true }],
    ['Forecast for Lima', 'Lima', days(3)],
    ['weather in Oslo for the next 30 days', 'Oslo', days(7)],
    ['Weather in St. Louis', 'St. Louis', now],
    ['weather in Washington, D.C.', 'Washington, D.C.', now],
    ['Paris, France', 'Paris, France', now],
    ['Is it raining in Rio de Janeiro?', 'Rio de Janeiro', now],
    ['Hi! What’s the weather in Oslo?', 'Oslo', now],
    ['Can you tell me in one sentence the weather in Oslo?', 'Oslo', now],
    ['What will the weather in Dallas be like?', 'Dallas', now],
    ['how hot is it in Hot Springs right now', 'Hot Springs', now],
    ['Weather in The Hague', 'The Hague', now],
    ['la paz weather', 'la paz', now],
    ['Weather in Constructor days', 'Constructor days', now],
    ['Wie warm ist es heute in Frankfurt am Main?', 'Frankfurt am Main', now],
    ['do I need an umbrella in London on Friday?', 'London', days(7)],
    ['weather in Newcastle upon Tyne for a week', 'Newcastle upon Tyne', days(7)],
    ['東京', '東京', now],
    ['New York City', 'New York City', now],
    ['weather in Ho Chi Minh City', 'Ho Chi Minh City', now],
    ['the weather in the city of London', 'London', now],
  ])('is understood as a question about the weather at a place and a time: %s', (message, place, when) => {
    expect(recogniseWeatherQuestion(message)).toEqual({ place, when })
    expect(isAboutAlerts(message)).toBe(false)
  })

  it.each([
    'hello',
    'Hi there, how are you today?',
    'Guten Morgen',
    'Tell me a joke',
    'What can you do?',
    'What is the weather like today?',
    'What is the capital of France?',
    'Thank you!',
    'tomorrow',
    'What is the weather in the city?',
    'What is the weather in my town?',
    '12345',
    'weather in 12345',
    '?!',
  ])('is not understood as a question about the weather: %s', message => {
    expect(recogniseWeatherQuestion(message)).toBeUndefined()
  })
})

describe('Place names', () => {
  const places = [
    'Dallas',
    'New York',
    'São Paulo',
    'Rio de Janeiro',
    'Ho Chi Minh City',
    'Xi’an',
    'St. Petersburg',
    'Zürich',
    'Stratford-upon-Avon',
    'Port of Spain',
    'Las Vegas',
    'The Hague',
    'Aix-en-Provence',
    'Kraków',
    'Reykjavík',
    'Ōsaka',
  ]
  const times = [
    ['', undefined],
    [' tomorrow', tomorrow],
    [' today', now],
    [' for the next 4 days', days(4)],
    [', 5 days', days(5)],
    [' this week', days(7)],
  ] as const
  const questions = [
    (place: string, time: string) => `Weather in ${place}${time}?`,
    (place: string, time: string) => `  what is the weather like in ${place}${time} ?`,
    (place: string, time: string) => `Hello! Could you tell me the temperature in ${place}${time}, please?`,
    (place: string, time: string) => `How cold is it in ${place}${time}`,
    (place: string, time: string) => `Wie wird das Wetter in ${place}${time}?`,
  ]

  it('are found unchanged in any of the usual questions, with any of the usual times', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.constantFrom(...times),
        fc.constantFrom(...questions),
        (place, [time, when], ask) => {
          const expected = { place: place.replaceAll('’', "'"), when: when ?? now }
          expect(recogniseWeatherQuestion(ask(place, time))).toEqual(expected)
        },
      ),
    )
  })

  it('are short, made of letters, and part of the message, whatever was typed', () => {
    const word = fc.constantFrom(
      'weather',
      'in',
      'for',
      'tomorrow',
      'Oslo',
      'of',
      'the',
      ',',
      '.',
      '?',
      '3',
      'days',
      "'s",
      'morgen',
      'and',
    )
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 40 }).map(words => words.join(' ')),
    )
    fc.assert(
      fc.property(message, text => {
        const question = recogniseWeatherQuestion(text)
        if (!question) return
        expect(question.place).toMatch(/^[\p{L}\p{M}'.,\- ]{1,80}$/u)
        expect(question.place).toMatch(/\p{L}/u)
        const typed = text.normalize('NFC').replaceAll('’', "'")
        for (const part of question.place.split(' ')) expect(typed).toContain(part)
        const { when } = question
        if (when !== 'now') expect([1, 2, 3, 4, 5, 6, 7]).toContain(when.days)
      }),
      { numRuns: 1_000 },
    )
  })

  // bench/long-questions measures how long the search takes.
  it.each(Object.entries(longMessages))('are not found in %s', (_what, message) => {
    expect(recogniseWeatherQuestion(message)).toBeUndefined()
  })
})
