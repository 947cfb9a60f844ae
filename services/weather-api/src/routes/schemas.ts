import { problemMembers, strictObject } from '@entra-agents/trace'
import { Type } from 'typebox'
import { CurrentWeather, Forecast } from '../weather/provider.ts'
import { FailedChecks, Validated } from './validated.ts'

export const WeatherResponse = strictObject({ ...CurrentWeather.properties, validated: Validated })

export const ForecastResponse = strictObject({ ...Forecast.properties, validated: Validated })

/** A problem (RFC 9457), with `suggestions` for an unknown city, and `checks` for a token that is refused. */
export const ProblemResponse = Type.Object(
  {
    ...problemMembers,
    suggestions: Type.Optional(Type.Array(Type.String())),
    checks: Type.Optional(FailedChecks),
  },
  { additionalProperties: false, $id: 'Problem' },
)
