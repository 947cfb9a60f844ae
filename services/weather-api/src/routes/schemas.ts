import { Type } from 'typebox'
import { CurrentWeather, Forecast, strictObject } from '../weather/provider.ts'

const city = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\p{Cc}]*[\\p{Letter}][^\\p{Cc}]*$',
  description: 'A city, optionally with its region or country: "Portland, Oregon".',
})

export const WeatherQuery = Type.Object({ city })

export const ForecastQuery = Type.Object({
  city,
  days: Type.Integer({ minimum: 1, maximum: 7, default: 3, description: 'Days from today on.' }),
})

const check = strictObject({
  name: Type.Enum(['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission']),
  ok: Type.Boolean(),
})

/** What this service found out about the token of the request. */
const validated = strictObject({
  flow: Type.Enum(['autonomous', 'obo']),
  caller: Type.String({ description: 'Client id of the agent identity that called.' }),
  // A list of types and not a union: the compiled serializer tells a union's members apart by validating them.
  on_behalf_of: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Object id of the user for whom the agent called; null when it called as itself.',
  }),
  signature_verified: Type.Boolean(),
  checks: Type.Array(check, { description: 'The checks that the token passed.' }),
})

export const WeatherResponse = strictObject({ ...CurrentWeather.properties, validated })

export const ForecastResponse = strictObject({ ...Forecast.properties, validated })

/** RFC 9457, with members of this service: `failedCheck` of a refused token, `suggestions` for an unknown city. */
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
