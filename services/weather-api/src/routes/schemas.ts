import { Type } from 'typebox'

const strict = { additionalProperties: false } as const

const CityQuery = Type.Object({
  city: Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: '^[^\\p{Cc}]*[\\p{Letter}][^\\p{Cc}]*$',
    description: 'A city, optionally with its region or country: "Portland, Oregon".',
  }),
})

export const WeatherQuery = CityQuery

export const ForecastQuery = Type.Object({
  ...CityQuery.properties,
  days: Type.Integer({ minimum: 1, maximum: 7, default: 3, description: 'Days from today on.' }),
})

const Validated = Type.Object(
  {
    flow: Type.Enum(['autonomous', 'obo']),
    caller: Type.String({ description: 'Client id of the agent identity that called.' }),
    // A list of types and not a union: the compiled serializer tells a union's members apart by validating them.
    on_behalf_of: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Object id of the person for whom the agent called; null when it called as itself.',
    }),
    signature_verified: Type.Boolean(),
    checks: Type.Array(
      Type.Object(
        {
          name: Type.Enum(['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission']),
          ok: Type.Boolean(),
        },
        strict,
      ),
      { description: 'The checks that were made of the token of this call.' },
    ),
  },
  { ...strict, description: 'What this service found out about the token of this call.' },
)

const Source = Type.Enum(['open-meteo', 'climate-normals'], {
  description:
    'open-meteo: live model data. climate-normals: long-term averages for the date, not a measurement.',
})

const place = {
  city: Type.String(),
  region: Type.Optional(Type.String()),
  country: Type.String(),
}

export const WeatherAnswer = Type.Object(
  {
    ...place,
    temperature_c: Type.Number(),
    temperature_f: Type.Number(),
    condition: Type.String(),
    humidity_percent: Type.Optional(Type.Number()),
    wind_kph: Type.Optional(Type.Number()),
    observed_at: Type.String({
      description: 'ISO 8601, UTC. For climate normals, the moment for which the average was taken.',
    }),
    source: Source,
    validated: Validated,
  },
  strict,
)

export const ForecastAnswer = Type.Object(
  {
    ...place,
    days: Type.Array(
      Type.Object(
        {
          date: Type.String({ description: 'Local date of the city, YYYY-MM-DD.' }),
          low_c: Type.Number(),
          high_c: Type.Number(),
          low_f: Type.Number(),
          high_f: Type.Number(),
          condition: Type.String(),
        },
        strict,
      ),
    ),
    source: Source,
    validated: Validated,
  },
  strict,
)

/** RFC 9457, with members of this service: `failedCheck` of a refused token, `suggestions` for an unknown city. */
export const ProblemAnswer = Type.Object(
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
  { ...strict, $id: 'Problem' },
)
