import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type ApiResponse, readApiProblem } from '../../../downstream/responses.ts'
import type { DownstreamApi } from '../../../identity/downstream-api.ts'
import type { ToolContext } from '../../toolset.ts'
import { type Alert, type AlertOrder, type Alerts, isAlert, isAlerts } from './alert.ts'
import { alertProblem, type alertProblems } from './problems.ts'

/** The alerts of whoever the turn is for. Changes need a permit, and throw the ProblemErrors of `ToolContext.change`, or the alerts' own. */
export interface AlertClient {
  /** Creates an alert; the same one, if it is there already. */
  create(context: ToolContext, order: AlertOrder): Promise<Alert>
  list(context: ToolContext): Promise<Alerts>
  /** Deletes an alert; one that is gone already is no failure. */
  remove(context: ToolContext, id: string): Promise<void>
}

/** What the API refuses, by its own codes. */
const refusals: Readonly<Record<string, keyof typeof alertProblems>> = {
  ALERT_EXISTS: 'ALERT_EXISTS',
  ALERT_LIMIT_REACHED: 'ALERT_LIMIT_REACHED',
  ALERTS_BUSY: 'ALERTS_BUSY',
  IDEMPOTENCY_KEY_REUSED: 'ALERT_CALL_CHANGED',
}

export function createAlertClient(api: DownstreamApi): AlertClient {
  const explain = (response: ApiResponse) => explainRefusal(api, response)
  return {
    async create(context, order) {
      const subject = `create an alert for ${order.city}`
      return withoutValidation(
        await context.change(api, {
          method: 'POST',
          path: '/alerts',
          body: order,
          subject,
          statuses: [201, 200],
          isBody: isAlert,
          explain,
        }),
      )
    },
    async list(context) {
      const request = { path: '/alerts', subject: 'alerts', isBody: isAlerts, explain }
      return withoutValidation(await context.call(api, request))
    },
    remove: (context, id) =>
      context.change(api, {
        method: 'DELETE',
        path: `/alerts/${encodeURIComponent(id)}`,
        subject: `delete alert ${id}`,
        statuses: [204],
        isBody: isNothing,
        explain,
      }),
  }
}

const isNothing = (body: unknown): body is undefined => body === undefined

/** What the API says of the token is in the trace, and not for the model. */
function withoutValidation<Body extends object>(body: Body & { validated?: unknown }): Body {
  const { validated: _validated, ...told } = body
  return told as Body
}

function explainRefusal(api: DownstreamApi, { status, body }: ApiResponse): ProblemError | undefined {
  const { code = '', detail } = readApiProblem(body)
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined
  if (!known) return undefined
  return alertProblem(known, detail ?? `The ${api.title} responded ${status}.`, {
    upstream: { service: api.name, status, code },
  })
}
