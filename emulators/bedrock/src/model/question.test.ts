import { expect, it } from 'vitest'
import { readWeatherQuestion } from './question.ts'

const read = (...messages: string[]) => {
  const { places, days, onlyLastDay = false } = readWeatherQuestion(messages, '2026-12-01') ?? {}
  return [places, days, onlyLastDay]
}

it.each([
  ['Weather in Dallas?', ['Dallas']],
  ['Compare the weather in Oslo and Rome', ['Oslo', 'Rome']],
  ['compare oslo and rome weather', ['oslo', 'rome']],
  ['Compare Oslo, Berlin and San Francisco', ['Oslo', 'Berlin', 'San Francisco']],
  ['Is It Colder In Oslo Than Rome?', ['Oslo', 'Rome']],
  ['gimme the weather in oslo, paris and rome please', ['oslo', 'paris', 'rome']],
  ['Will it rain in Dallas, Texas?', ['Dallas, Texas']],
  ['Weather in Washington, D.C. and Oslo', ['Washington, D.C.', 'Oslo']],
  ['Weather in Paris, France and Oslo', ['Paris, France', 'Oslo']],
  ['How hot is it in Rio de Janeiro right now?', ['Rio de Janeiro']],
  ['Weather in The Hague', ['The Hague']],
  ["What's Oslo's temperature?", ['Oslo']],
  ['Oslo', ['Oslo']],
  ['What is the weather?', undefined],
  ['weather in Oslo next week', undefined],
  ['Is it warm in São Paulo in December?', undefined],
  ['What time is it in Paris?', undefined],
  ['Write a poem about the sea', undefined],
  ['Thank you!', undefined],
])('“%s” asks about the places %j', (message, places) => expect(read(message)[0]).toEqual(places))

it.each([
  ['Weather in Oslo today', undefined, false],
  ['Forecast for Oslo', 3, false],
  ['Weather for the next 5 days in Oslo', 5, false],
  ['Forecast for Oslo, 30 days', 7, false],
  ['What will the weather be like in Oslo tomorrow?', 2, true],
  ['Weather in Oslo on 3 December', 3, true],
  ['Weather in Oslo on 2026-12-01', 1, true],
])('“%s” asks for %j days of a forecast', (message, days, onlyLastDay) =>
  expect(read(message)).toEqual([['Oslo'], days, onlyLastDay]),
)

it('a message that goes on with a question keeps what it does not change', () => {
  const first = 'Compare the weather in Oslo and Rome'
  expect(read(first, 'and tomorrow?')).toEqual([['Oslo', 'Rome'], 2, true])
  expect(read(first, 'Thanks', 'And in Paris?')).toEqual([['Paris'], undefined, false])
  expect(read(first, 'and tomorrow?', 'What about Paris?')).toEqual([['Paris'], 2, true])
  expect(read('What is the weather?', 'Oslo')).toEqual([['Oslo'], undefined, false])
})
