import { strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { WeatherQuery } from '../weather/queries.ts'

/** The alert that a caller wants. */
export const AlertRequest = strictObject({
  ...WeatherQuery.properties,
  when: strictObject({
    kind: Type.Enum(['temperature-below', 'temperature-above']),
    celsius: Type.Number({ minimum: -90, maximum: 60, description: 'Degrees Celsius.' }),
  }),
  untilDate: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    description: 'The last day of the alert, YYYY-MM-DD, at most a year from now.',
  }),
})
export type AlertRequest = Static<typeof AlertRequest>

/** An alert as it is kept. It is compared with the weather when the alerts are listed. */
export const Alert = strictObject({
  id: Type.String({ description: 'UUID.' }),
  ...AlertRequest.properties,
  createdAt: Type.String({ description: 'ISO 8601, UTC.' }),
})
export type Alert = Static<typeof Alert>

export const AlertId = strictObject({
  id: Type.String({ pattern: '^[0-9a-f-]{36}$', description: 'As it was told when the alert was created.' }),
})

/** The owner of alerts: the user for whom the agent calls, or the agent itself. */
export interface Owner {
  readonly tenantId: string
  readonly objectId: string
}

/** What shows that a call repeats an earlier one. Equal values are different keys if owner or caller differs. */
export interface IdempotencyKey {
  /** Client id of the application that calls. */
  readonly caller: string
  readonly value: string
}

/** The form of `Idempotency-Key` (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header), whose quotation marks may be left out. */
export const keyPattern = '^("[\\w-]{1,64}"|[\\w-]{1,64})$'
