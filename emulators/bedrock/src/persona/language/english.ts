import { bothScales, details, type Language } from './language.ts'

const tag = 'en-GB'

export const english: Language = {
  tag,
  greeting: 'Hello! Ask me about the weather in any city, now or for the next days.',
  thanks: 'You are welcome!',
  farewell: 'Goodbye!',
  identity:
    'I am an emulated model: a small set of rules that stands in for Claude on Amazon Bedrock, for local runs and tests. I can ask for weather and word what the tool answers; I do not reason.',
  capabilities:
    'I can look up the current weather and a forecast of up to seven days for any city, and compare cities. Try “Compare the weather in Oslo and Rome”.',
  wellbeing: 'All rules are in working order, thank you. Which city’s weather would you like to know?',
  declines:
    'I can only help with the weather. Ask me about a city, for example “Will it rain in Lisbon tomorrow?”',
  asksForCity: 'Which city do you mean?',
  hasNoTool: 'I have no weather tool in this conversation, so I cannot look that up.',
  hasNoForecast: 'I have no forecast tool in this conversation, so I cannot look ahead.',
  announcesWeather: places => `I’ll check the current weather in ${places}.`,
  announcesForecast: places => `I’ll look at the forecast for ${places}.`,
  and: 'and',
  apology: sentence => `I’m sorry, I could not get that: ${sentence}`,
  report: (report, place) =>
    `${place}: ${bothScales(report.celsius, report.fahrenheit, tag)}, ${report.condition}${details(report, 'humidity', 'wind')}.`,
  day: (day, name) =>
    `${name}: ${bothScales(day.lowCelsius, day.lowFahrenheit, tag)} to ${bothScales(day.highCelsius, day.highFahrenheit, tag)}, ${day.condition}.`,
  forecastOf: place => `Forecast for ${place}:`,
  warmer: (warm, cold, difference) => `It is ${difference} warmer in ${warm} than in ${cold}.`,
  equallyWarm: places => `It is equally warm in ${places}.`,
  umbrella: places => `Take an umbrella in ${places}.`,
  noUmbrella: places => `You will not need an umbrella in ${places}.`,
  today: 'Today',
  tomorrow: 'Tomorrow',
  averages: 'These are long-term averages, not a measurement.',
  source: name => `Source: ${name}.`,
  conditions: {},
  usually: (word, part, month) =>
    `usually ${word} in ${part === 'mid' ? 'mid-' : `${part} `}${month} (long-term average)`,
}
