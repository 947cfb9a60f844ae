import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recogniseWeatherQuestion } from './weather-question.ts'

const recognise = (message: string) => recogniseWeatherQuestion(message, '2026-11-28')
const messages = {
  'questions about the weather at a place and a time': [
    'Weather in Dallas?',
    'what’s it like in São Paulo tomorrow?',
    'What is the weather like in New York now?',
    'What will the weather in Dallas be like?',
    'Hi! What’s the weather in Oslo?',
    'Ask weather-tools for the weather in Oslo',
    'Is it raining in Rio de Janeiro?',
    'how hot is it in Hot Springs right now',
    'weather in dallas',
    'WEATHER IN DALLAS',
    'weather today in la paz, please',
    'Weather in The Hague',
    'Weather in St. Louis',
    'weather in Washington, D.C.',
    'weather in Washington, D.C. tomorrow',
    'Weather in Dallas, Texas in Fahrenheit',
    'Temperature in Oslo in °C',
    'Weather in Port of Spain, Trinidad and Tobago',
    'Weather in Frankfurt am Main.',
    'Dallas weather',
    "Berlin's weather tomorrow",
    'What is Berlin’s weather?',
    'Forecast for Lima',
    'forecast for New York, 3 days',
    'forecast for the next 3 days in Oslo',
    '3-day forecast for Cape Town please',
    'weather in Oslo for the next 30 days',
    'weather in Oslo on 2026-12-03',
    'weather in Oslo on 3 December',
    'weather in Oslo on 3 Jan',
    'On 3 December 2026 in Oslo',
    'Dallas',
    'oslo',
    '東京',
    'Paris, France',
    'New York City tomorrow',
    'and in Rome?',
    'What about Rome tomorrow?',
  ],
  'what is not understood, and no place or time is guessed': [
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
  ],
  'what is much longer than a question, or has nothing but signs': [
    `weather in ${'a'.repeat(4_000)}`,
    'weather in '.repeat(360),
    `weather${' '.repeat(3_900)}in Oslo`,
    `Oslo${'?!'.repeat(1_900)}`,
    `Oslo${','.repeat(190)}`,
    `${'a,'.repeat(90)}a`,
  ],
}

it('A message to direct mode is understood as a question about the weather at a place and a time, or not at all', async () => {
  const blocks = Object.entries(messages).map(([kind, texts]) => {
    const lines = texts.map(text => `${text.slice(0, 100)} → ${JSON.stringify(recognise(text)) ?? 'none'}\n`)
    return `# ${kind}\n${lines.join('')}`
  })
  await expect(blocks.join('\n')).toMatchFileSnapshot('weather-question.txt')
})

it('A message leads to a short place made of letters that are in the message, whatever was typed', () => {
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
