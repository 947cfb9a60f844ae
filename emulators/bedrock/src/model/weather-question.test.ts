import { describe, expect, it } from 'vitest'
import { readWeatherQuestion } from './weather-question.ts'

const readQuestion = (question: string) =>
  readWeatherQuestion({ question, earlierQuestions: [], exchanges: [] })

describe('the places that a question names', () => {
  it.each([
    ['Weather in Dallas?', ['Dallas']],
    ['What is the weather like in New York tomorrow?', ['New York']],
    ['Compare the weather in Oslo and Rome', ['Oslo', 'Rome']],
    ['compare oslo and rome weather', ['Oslo', 'Rome']],
    ['Compare Oslo, Berlin and San Francisco', ['Oslo', 'Berlin', 'San Francisco']],
    ['Is It Colder In Oslo Than Rome?', ['Oslo', 'Rome']],
    ['Is it nice in Nice?', ['Nice']],
    ['Weather in St. Louis. Thanks.', ['St Louis']],
    ['Is it cold in Mexico City?', ['Mexico City']],
    ['gimme the weather in oslo, paris and rome please', ['Oslo', 'Paris', 'Rome']],
    ['Oslo weather', ['Oslo']],
    ['Is it warmer in Lisbon or in Madrid?', ['Lisbon', 'Madrid']],
    ['Will it rain in Dallas, Texas tomorrow?', ['Dallas, Texas']],
    ['How hot is it in Rio de Janeiro right now?', ['Rio de Janeiro']],
    ['Wind in Frankfurt am Main?', ['Frankfurt am Main']],
    ['Is it warm in São Paulo in December?', ['São Paulo']],
    ['Do I need an umbrella in Los Angeles today?', ['Los Angeles']],
    ["What's Oslo's temperature?", ['Oslo']],
    ['Gimme the weather in rome', ['Rome']],
    ['and tomorrow?', []],
    ['What is the weather?', []],
    ['do you think that it will rain today, because my shoes leak', []],
    ['Weather for the next 3 days in Oslo', ['Oslo']],
    ['Is it above 20 °C in Rome?', ['Rome']],
    ['Is Oslo below -5 °C?', ['Oslo']],
  ])('are found in “%s”', (text, places) => {
    expect(readQuestion(text).places).toEqual(places)
  })
})

describe('the days that a question is about', () => {
  it.each([
    ['Weather in Oslo', undefined],
    ['Weather in Oslo today', undefined],
    ['and tomorrow?', { days: 2, index: 1 }],
    ['And the day after tomorrow?', { days: 3, index: 2 }],
    ['Forecast for the next 5 days in Oslo', { days: 5 }],
    ['Forecast for 30 days in Oslo', { days: 7 }],
  ])('are read from “%s”', (text, period) => {
    expect(readQuestion(text).period).toEqual(period)
  })
})

it.each([
  'Write a poem about the sea',
  'What is the capital of France?',
  'What time is it in Paris?',
  'Hello!',
])('“%s” is no question about weather', text => {
  expect(readQuestion(text).isAboutWeather).toBe(false)
})
