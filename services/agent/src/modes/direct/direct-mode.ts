import { problem } from '../../problems.ts'
import type { Weather } from '../../tools/weather/weather.ts'
import { recogniseWeatherQuestion } from '../../tools/weather/place-names.ts'
import type { AnswerMode } from '../../turn/turn.ts'
import { describeForecast, describeWeather } from '../../tools/weather/sentences.ts'

/** Direct mode: no model. The place is read from the message, and the report is put into sentences. */
export function directMode(weather: Weather): AnswerMode {
  return {
    mode: 'direct',
    model: null,
    async answer(turn) {
      const question = recogniseWeatherQuestion(turn.message)
      if (!question) throw problem('CITY_NOT_RECOGNISED', 'No city was recognised in the message.')
      const { place, when } = question
      if (when === 'now') {
        turn.write(describeWeather(await weather.current(turn, place)))
        return outcome('get_weather', { city: place })
      }
      const forecast = await weather.forecast(turn, place, when.days)
      turn.write(describeForecast(forecast, when.onlyLast))
      return outcome('get_forecast', { city: place, days: when.days })
    },
  }
}

function outcome(name: string, args: Record<string, unknown>) {
  return {
    finishReason: 'stop' as const,
    usage: null,
    tools: [{ name, arguments: args, status: 'ok' as const }],
  }
}
