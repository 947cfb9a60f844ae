import { strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { WeatherSource } from '../weather.ts'

const when = strictObject({
  kind: Type.Enum(['temperature-below', 'temperature-above']),
  celsius: Type.Number({ minimum: -90, maximum: 60, description: 'Degrees Celsius.' }),
})

/** What `POST /alerts` takes. */
export const NewAlert = Type.Object({
  // The user reads the name in a sentence, so it has only what names of places need.
  city: Type.String({
    pattern: "^[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N} .,'’()/-]*$",
    maxLength: 60,
    description: 'City, such as "Oslo" or "Dallas, Texas".',
  }),
  when,
  untilDate: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    description:
      'Last day of the alert, YYYY-MM-DD, at most a year from now. If the user names none: 7 days from today.',
  }),
})
export type NewAlert = Static<typeof NewAlert>

/** The id by which the API knows an alert. */
export const AlertId = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f-]{36}$', description: 'As list_alerts tells it.' }),
})

/** What the agent relies on in the API's responses. Unknown members are let through. */
const Alert = Type.Object({
  id: Type.String({ maxLength: 50 }),
  city: Type.String({ maxLength: 200 }),
  when: Type.Object({
    kind: Type.Enum(['temperature-below', 'temperature-above']),
    celsius: Type.Number(),
  }),
  untilDate: Type.String({ maxLength: 50 }),
  createdAt: Type.String({ maxLength: 50 }),
})
export type Alert = Static<typeof Alert>

/** An alert in the list, compared with the weather; null if the weather is not known. */
const ComparedAlert = Type.Object({
  ...Alert.properties,
  now: Type.Union([
    Type.Object({
      celsius: Type.Number(),
      observedAt: Type.String({ maxLength: 50 }),
      source: WeatherSource,
    }),
    Type.Null(),
  ]),
  reached: Type.Union([Type.Boolean(), Type.Null()]),
})
export type ComparedAlert = Static<typeof ComparedAlert>

const Alerts = Type.Object({ alerts: Type.Array(ComparedAlert, { maxItems: 1_000 }) })
export type Alerts = Static<typeof Alerts>

const compiledAlert = Compile(Alert)
const compiledAlerts = Compile(Alerts)

export const isAlert = (body: unknown): body is Alert => compiledAlert.Check(body)
export const isAlerts = (body: unknown): body is Alerts => compiledAlerts.Check(body)
