import { describe, expect, it } from 'vitest'
import { understand } from './understand.ts'

describe('the places a question names', () => {
  it.each([
    ['Weather in Dallas?', ['Dallas']],
    ['What is the weather like in New York tomorrow?', ['New York']],
    ['Compare the weather in Oslo and Rome', ['Oslo', 'Rome']],
    ['compare oslo and rome weather', ['Oslo', 'Rome']],
    ['Is it nice in Nice?', ['Nice']],
    ['Weather in St. Louis. Thanks.', ['St Louis']],
    ['Is it cold in Mexico City?', ['Mexico City']],
    ['weather in oslo', ['Oslo']],
    ['weather in oslo, paris and rome please', ['Oslo', 'Paris', 'Rome']],
    ['Oslo weather', ['Oslo']],
    ['Is it warmer in Lisbon or in Madrid?', ['Lisbon', 'Madrid']],
    ['Will it rain in Dallas, Texas this weekend?', ['Dallas, Texas']],
    ['How hot is it in Rio de Janeiro right now?', ['Rio de Janeiro']],
    ['Do I need an umbrella in Los Angeles on Friday?', ['Los Angeles']],
    ['Compare Oslo, Berlin and San Francisco', ['Oslo', 'Berlin', 'San Francisco']],
    ["What's Oslo's temperature?", ['Oslo']],
    ['Describe the weather in Rome', ['Rome']],
    ['Wie ist das Wetter in Frankfurt am Main?', ['Frankfurt am Main']],
    ['Wie wird das Wetter morgen in Köln?', ['Köln']],
    ['Vergleiche Berlin und München', ['Berlin', 'München']],
    ['Brauche ich in Hamburg einen Regenschirm?', ['Hamburg']],
    ['Und in Rom?', ['Rom']],
    ['Quel temps fait-il à Paris et à Lyon ?', ['Paris', 'Lyon']],
    ['Quelle est la météo de Genève demain ?', ['Genève']],
    ['Va-t-il pleuvoir à La Rochelle ?', ['La Rochelle']],
    ['¿Qué tiempo hace en Ciudad de México?', ['Ciudad de México']],
    ['¿Y en Roma?', ['Roma']],
    ['¿Lloverá mañana en San José?', ['San José']],
    ['and tomorrow?', []],
    ['What is the weather?', []],
    ['Weather for the next 3 days in Oslo', ['Oslo']],
  ])('%s', (text, places) => {
    expect(understand(text).places).toEqual(places)
  })
})

describe('the days a question is about', () => {
  it.each([
    ['Weather in Oslo', undefined],
    ['Weather in Oslo today', undefined],
    ['and tomorrow?', { days: 2, index: 1 }],
    ['Und übermorgen?', { days: 3, index: 2 }],
    ['Forecast for the next five days in Oslo', { days: 5 }],
    ['Prévisions pour 30 jours à Lyon', { days: 7 }],
    ['Wie wird das Wetter am Wochenende?', { days: 7, weekdays: [6, 0] }],
    ['¿Qué tiempo hará el viernes en Madrid?', { days: 7, weekdays: [5] }],
    ['Will it rain tonight?', { days: 1, index: 0 }],
    ['Will it be sunny in Rome?', { days: 3 }],
  ])('%s', (text, period) => {
    expect(understand(text).period).toEqual(period)
  })
})

describe('what is no weather question', () => {
  it.each([
    ['Hello!', 'greeting'],
    ['Guten Tag', 'greeting'],
    ['Merci beaucoup', 'thanks'],
    ['Who are you?', 'identity'],
    ['Bist du Claude?', 'identity'],
    ['¿Qué puedes hacer?', 'capabilities'],
    ['How are you?', 'wellbeing'],
    ['Adiós', 'farewell'],
  ])('%s is small talk', (text, smallTalk) => {
    expect(understand(text)).toMatchObject({ smallTalk, asksWeather: false })
  })

  it.each([
    'Write a poem about the sea',
    'What is the capital of France?',
    'Was ist 2 plus 2?',
    'What time is it in Paris?',
  ])('%s', text => {
    expect(understand(text)).toMatchObject({ smallTalk: undefined, asksWeather: false })
  })
})
