import { describe, expect, it } from 'vitest'
import { needsWeatherTool } from './needs-weather-tool.ts'

const needsTool = (message: string, answer = 'It is sunny.', before: string[] = []) =>
  needsWeatherTool({ message, history: before.map(text => ({ role: 'user' as const, text })) }, answer)

describe('an answer without a tool', () => {
  it.each([
    'What’s the weather in Oslo?',
    'Will it rain in Rome tomorrow?',
    'Wie wird das Wetter in Wien?',
    'Quelle est la météo à Paris ?',
    '¿Qué tiempo hace en Madrid?',
    '¿Cómo está el tiempo en Bogotá?',
    '¿Cómo es el clima hoy?',
    'Is it windy in Chicago?',
    'Is Cairo hotter than Tunis?',
    'Do I need an umbrella?',
    'Does it snow?',
    'Che tempo fa? Il meteo a Milano',
    'Hvordan er været i Oslo?',
    '東京の天気は?',
  ])('is doubtful if the user wrote “%s”', message => expect(needsTool(message)).toBe(true))

  it.each([
    'Hello!',
    'Who are you?',
    'Thanks, that was helpful.',
    'Write a poem about Oslo',
    'Book a hotel in Oslo',
    'Open the window, or Windows',
    'How is a rainbow made?',
    'Warm regards, Ada',
    'What is climate change?',
    '¿Cuánto tiempo tarda?',
    '¿Cuánto tiempo hace que vives aquí?',
  ])('is fine if the user wrote “%s”', message => expect(needsTool(message)).toBe(false))

  it('is fine if the answer is a question to the user', () => {
    expect(needsTool('What’s the weather?', 'Which city do you mean?')).toBe(false)
  })

  it('is doubtful for a follow-up of a weather question, but fine for thanks and for a follow-up of another question', () => {
    expect(needsTool('and tomorrow?', 'Sunny.', ['Weather in Oslo?'])).toBe(true)
    expect(needsTool('and tomorrow?', 'I am free.', ['What do you do today?'])).toBe(false)
    expect(needsTool('Thanks!', 'You are welcome.', ['Weather in Oslo?'])).toBe(false)
  })
})
