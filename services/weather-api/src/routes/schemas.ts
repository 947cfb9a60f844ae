import { Type } from 'typebox'
import { CurrentWeather, Forecast, strictObject } from '../weather/provider.ts'
import { Validated } from './validated.ts'

export const WeatherResponse = strictObject({ ...CurrentWeather.properties, validated: Validated })

export const ForecastResponse = strictObject({ ...Forecast.properties, validated: Validated })

/** A problem (RFC 9457) with members of this service: `failedCheck` of a refused token, `suggestions` for an unknown city. */
export const ProblemResponse = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    hint: Type.String(),
    requestId: Type.String(),
    upstream: Type.Optional(
      Type.Object({
        service: Type.String(),
        status: Type.Optional(Type.Integer()),
        code: Type.Optional(Type.String()),
      }),
    ),
    failedCheck: Type.Optional(Type.String()),
    suggestions: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false, $id: 'Problem' },
)
