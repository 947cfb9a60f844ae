import { callerKinds, checkNames, type Validated as ValidatedToken } from '@entra-agents/tokens'
import { problemMembers, strictObject } from '@entra-agents/trace'
import { Type } from 'typebox'
import { CurrentWeather, Forecast } from '../weather/provider.ts'

const Check = strictObject({ name: Type.Enum(checkNames), ok: Type.Boolean() })

/** What the token check found in the token of a request. */
export const Validated = strictObject({
  flow: Type.Unsafe<ValidatedToken['flow']>(
    Type.Enum([...new Set(Object.values(callerKinds).map(({ flow }) => flow))]),
  ),
  kind: Type.Unsafe<ValidatedToken['kind']>({
    ...Type.Enum(Object.keys(callerKinds)),
    description: 'An ordinary client or an agent identity, as itself or for a user, or an agent user.',
  }),
  caller: Type.String({
    description: 'Client id of the agent identity, or of another allowed client, that called.',
  }),
  on_behalf_of: Type.Union([Type.String(), Type.Null()], {
    description:
      'Object id of the user for whom it called, or of its agent user; null when it called as itself.',
  }),
  signature_verified: Type.Boolean(),
  checks: Type.Array(Check, { description: 'The checks that the token passed.' }),
})

/** What the token check found in a token that it refused. */
export const FailedChecks = Type.Array(
  strictObject({ name: Type.Enum([...checkNames, 'format']), ok: Type.Boolean() }),
  { description: 'The checks of the token that were made, in their order: all passed but the last.' },
)

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

/** What a route responds with in place of its result, besides the problems of these statuses. */
export const problemSchemas = (...statuses: readonly number[]) =>
  Object.fromEntries([400, 401, 403, ...statuses, 503].map(status => [status, ProblemResponse]))
