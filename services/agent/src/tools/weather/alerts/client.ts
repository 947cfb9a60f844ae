import type { ToolContext } from '@entra-agents/approval'
import { type ApiResponse, type DownstreamApi, readApiProblem } from '@entra-agents/identity/core'
import type { ProblemError } from '@entra-agents/service-kit'
import { withoutValidation } from '../client.ts'
import { isAlert, isAlerts, type NewAlert } from './alert.ts'
import { alertProblem, type alertProblems } from './problems.ts'

export type AlertClient = ReturnType<typeof createAlertClient>

/** The agent's problem for each code with which the API refuses. */
const problemOfRefusal: Readonly<Record<string, keyof typeof alertProblems>> = {
  ALERT_EXISTS: 'ALERT_EXISTS',
  ALERT_LIMIT_REACHED: 'ALERT_LIMIT_REACHED',
  ALERT_NOT_FOUND: 'ALERT_NOT_FOUND',
  ALERTS_BUSY: 'ALERTS_BUSY',
  IDEMPOTENCY_KEY_REUSED: 'ALERT_CALL_CHANGED',
}

/** Reads and changes the alerts of the turn's user or agent. Changes need a permit, as `ToolContext.change` says. */
export function createAlertClient(api: DownstreamApi) {
  const explain = (response: ApiResponse) => explainAlertRefusal(api, response)
  return {
    /** Creates an alert, or returns the equal one that exists already. */
    async create(context: ToolContext, newAlert: NewAlert) {
      const created = await context.change(api, {
        method: 'POST',
        path: '/alerts',
        body: newAlert,
        subject: `create an alert for ${newAlert.city}`,
        statuses: [201, 200],
        isBody: isAlert,
        explain,
      })
      return withoutValidation(created)
    },
    async list(context: ToolContext) {
      const request = { path: '/alerts', subject: 'alerts', isBody: isAlerts, explain }
      return withoutValidation(await context.call(api, request))
    },
    /** @throws {ProblemError} ALERT_NOT_FOUND */
    find: (context: ToolContext, id: string) =>
      context.call(api, { path: pathOf(id), subject: `alert ${id}`, isBody: isAlert, explain }),
    /** Deletes an alert; one that is gone already is no failure. */
    remove: (context: ToolContext, id: string) =>
      context.change(api, {
        method: 'DELETE',
        path: pathOf(id),
        subject: `delete alert ${id}`,
        statuses: [204],
        isBody: (body): body is undefined => body === undefined,
        explain,
      }),
  }
}

const pathOf = (id: string) => `/alerts/${encodeURIComponent(id)}`

function explainAlertRefusal(api: DownstreamApi, { status, body }: ApiResponse): ProblemError | undefined {
  const { code = '', detail } = readApiProblem(body)
  const known = Object.hasOwn(problemOfRefusal, code) ? problemOfRefusal[code] : undefined
  if (!known) return undefined
  return alertProblem(known, detail ?? `The ${api.title} responded ${status}.`, {
    upstream: { service: api.name, status, code },
  })
}
