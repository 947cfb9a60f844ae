import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** What the agent relies on in the weather API's answers. Members that it does not know are let through. */
const Source = Type.Enum(['open-meteo', 'climate-normals'])
const place = {
  city: Type.String({ maxLength: 200 }),
  region: Type.Optional(Type.String({ maxLength: 200 })),
  country: Type.String({ maxLength: 200 }),
  source: Source,
}
const validated = {
  validated: Type.Object({
    flow: Type.Enum(['autonomous', 'obo']),
    caller: Type.String(),
    on_behalf_of: Type.Union([Type.String(), Type.Null()]),
    signature_verified: Type.Boolean(),
    checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean() }), { maxItems: 20 }),
  }),
}

const ReportAnswer = Type.Object({
  ...place,
  temperature_c: Type.Number(),
  temperature_f: Type.Number(),
  condition: Type.String({ maxLength: 200 }),
  humidity_percent: Type.Optional(Type.Number()),
  wind_kph: Type.Optional(Type.Number()),
  observed_at: Type.String({ maxLength: 50 }),
  ...validated,
})
export type ReportAnswer = Static<typeof ReportAnswer>

const ForecastAnswer = Type.Object({
  ...place,
  days: Type.Array(
    Type.Object({
      date: Type.String({ maxLength: 50 }),
      low_c: Type.Number(),
      high_c: Type.Number(),
      low_f: Type.Number(),
      high_f: Type.Number(),
      condition: Type.String({ maxLength: 200 }),
    }),
    { maxItems: 31 },
  ),
  ...validated,
})
export type ForecastAnswer = Static<typeof ForecastAnswer>

const ProblemAnswer = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 100 })),
  detail: Type.Optional(Type.String({ maxLength: 1_000 })),
  failedCheck: Type.Optional(Type.String({ maxLength: 100 })),
  suggestions: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 })),
})
export type ProblemAnswer = Static<typeof ProblemAnswer>

export type Validated = ReportAnswer['validated']

const reportAnswer = Compile(ReportAnswer)
const forecastAnswer = Compile(ForecastAnswer)
const problemAnswer = Compile(ProblemAnswer)

export function isReportAnswer(body: unknown): body is ReportAnswer {
  return reportAnswer.Check(body)
}

export function isForecastAnswer(body: unknown): body is ForecastAnswer {
  return forecastAnswer.Check(body)
}

/** The members of a problem document that the agent reads; empty when the body is none. */
export function readProblemAnswer(body: unknown): ProblemAnswer {
  return problemAnswer.Check(body) ? body : {}
}
