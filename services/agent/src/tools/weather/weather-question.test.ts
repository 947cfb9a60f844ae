import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recogniseWeatherQuestion } from './weather-question.ts'

const today = '2026-11-28'
const now = 'now'
const tomorrow = { days: 2, only: 'last' }
const days = (count: number) => ({ days: count })
const on = (date: string) => ({ days: 7, only: { date } })
const recognise = (message: string) => recogniseWeatherQuestion(message, today)

describe('A message to direct mode', () => {
  it.each([
    ['Weather in Dallas?', 'Dallas', now],
    ['what’s it like in São Paulo tomorrow?', 'São Paulo', tomorrow],
    ['What is the weather like in New York now?', 'New York', now],
    ['What will the weather in Dallas be like?', 'Dallas', now],
    ['Hi! What’s the weather in Oslo?', 'Oslo', now],
    ['Ask weather-tools for the weather in Oslo', 'Oslo', now],
    ['Is it raining in Rio de Janeiro?', 'Rio de Janeiro', now],
    ['how hot is it in Hot Springs right now', 'Hot Springs', now],
    ['weather in dallas', 'dallas', now],
    ['WEATHER IN DALLAS', 'DALLAS', now],
    ['weather today in la paz, please', 'la paz', now],
    ['Weather in The Hague', 'The Hague', now],
    ['Weather in St. Louis', 'St. Louis', now],
    ['weather in Washington, D.C.', 'Washington, D.C.', now],
    ['weather in Washington, D.C. tomorrow', 'Washington, D.C.', tomorrow],
    ['Weather in Dallas, Texas in Fahrenheit', 'Dallas, Texas', now],
    ['Temperature in Oslo in °C', 'Oslo', now],
    ['Weather in Port of Spain, Trinidad and Tobago', 'Port of Spain, Trinidad and Tobago', now],
    ['Weather in Frankfurt am Main.', 'Frankfurt am Main', now],
    ['Dallas weather', 'Dallas', now],
    ["Berlin's weather tomorrow", 'Berlin', tomorrow],
    ['What is Berlin’s weather?', 'Berlin', now],
    ['Forecast for Lima', 'Lima', days(3)],
    ['forecast for New York, 3 days', 'New York', days(3)],
    ['forecast for the next 3 days in Oslo', 'Oslo', days(3)],
    ['3-day forecast for Cape Town please', 'Cape Town', days(3)],
    ['weather in Oslo for the next 30 days', 'Oslo', days(7)],
    ['weather in Oslo on 2026-12-03', 'Oslo', on('2026-12-03')],
    ['weather in Oslo on 3 December', 'Oslo', on('2026-12-03')],
    ['weather in Oslo on 3 Jan', 'Oslo', on('2027-01-03')],
    ['On 3 December 2026 in Oslo', 'Oslo', on('2026-12-03')],
    ['Dallas', 'Dallas', now],
    ['oslo', 'oslo', now],
    ['東京', '東京', now],
    ['Paris, France', 'Paris, France', now],
    ['New York City tomorrow', 'New York City', tomorrow],
    ['and in Rome?', 'Rome', now],
    ['What about Rome tomorrow?', 'Rome', tomorrow],
  ])('is understood as a question about the weather at a place and a time: %s', (message, place, when) => {
    expect(recognise(message)).toEqual({ place, when })
  })

  it.each([
    'hello',
    'Hi there, how are you today?',
    'Tell me a joke',
    'What can you do?',
    'What is the weather like today?',
    'What is the capital of France?',
    'Thank you!',
    'tomorrow',
    'What is the weather in the city?',
    'What is the weather in my town?',
    'Compare the weather in Oslo and Rome',
    'Is it warmer in Oslo or in Rome?',
    'weather in Oslo when it snows',
    'forecast for the weather in Oslo in the mountains',
    'weather in Oslo on Friday',
    'weather on Friday in Oslo',
    'weather in Oslo the day after tomorrow',
    'the day after tomorrow in Lagos',
    'Oslo this week',
    'weather for the weekend in Oslo',
    'weather in Oslo on 31 February',
    'Wie ist das Wetter in Wien?',
    '12345',
    'weather in 12345',
    '?!',
    '',
  ])('is not understood, and no place or time is guessed: %s', message => {
    expect(recognise(message)).toBeUndefined()
  })

  it.each([
    `weather in ${'a'.repeat(4_000)}`,
    'weather in '.repeat(360),
    `weather${' '.repeat(3_900)}in Oslo`,
    `Oslo${'?!'.repeat(1_900)}`,
    `Oslo${','.repeat(190)}`,
    `${'a,'.repeat(90)}a`,
  ])('is not understood if it is much longer than a question, or has nothing but signs: %s', message => {
    expect(recognise(message)).toBeUndefined()
  })

  it('leads to a short place made of letters that are in the message, whatever was typed', () => {
    const word = fc.constantFrom(
      ...['weather', 'in', 'for', 'tomorrow', 'Oslo', 'of', 'the', ',', '.', '?', '3', 'days', "'s", 'and'],
    )
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 40 }).map(words => words.join(' ')),
    )
    fc.assert(
      fc.property(message, text => {
        const question = recognise(text)
        if (!question) return
        expect(question.place).toMatch(/^\p{L}[\p{L}\p{M}'.,\- ]{0,79}$/u)
        const typed = text.normalize('NFC').replaceAll('’', "'")
        for (const part of question.place.split(' ')) expect(typed).toContain(part)
        const { when } = question
        if (when !== 'now') expect([1, 2, 3, 4, 5, 6, 7]).toContain(when.days)
      }),
      { numRuns: 1_000 },
    )
  })
})
