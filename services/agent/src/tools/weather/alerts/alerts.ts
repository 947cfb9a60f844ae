import type { DirectCall } from '@entra-agents/approval'
import { type DownstreamApi, nameSidecarEntries } from '@entra-agents/identity/core'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { today } from '../dates.ts'
import { type AlertRequest, recogniseAlertRequest } from './alert-request.ts'
import { type AlertChanges, readAlertChangeSettings } from './changes.ts'
import { type AlertClient, createAlertClient } from './client.ts'
import { alertProblem } from './problems.ts'
import { describeAlert, describeAlerts, describeDeletion, tellDeletion, tellNewAlert } from './sentences.ts'

/** How the model is to use the tools. */
export const alertInstructions = `Alerts
- An alert is a record: nothing watches the weather for it, and nobody is told. Say so when you have created one, and only then.
- For each alert of list_alerts, say what the temperature is now and whether its limit is reached; if these are null, that the weather is not known.
- Call create_alert and delete_alert as soon as the user asks for it and the call is clear: calls that change something are shown to the user for approval before they run, so ask for no confirmation yourself.
- Without a last day take 7 days from today. To delete an alert, take its id from list_alerts.
- If create_alert is not among your tools, say that they are created on behalf of a signed-in user only.`

/**
 * Reads whether the agent has tools for alerts (WEATHER_API_ALERTS), and the authentication contexts that the weather API may
 * ask users to prove for them (ALERTS_AUTH_CONTEXT). In all flows but autonomous, the tools have sidecar entries of their own,
 * which request the scope of alerts by name: a request for `.default` would succeed without the user's consent to alerts.
 */
export function readAlerts(env: EnvironmentReader, weatherApi: DownstreamApi) {
  const settings = readAlertChangeSettings(env)
  const isContext = (name: string) => /^c[1-9][0-9]?$/.test(name)
  const authenticationContexts = env.listOf('ALERTS_AUTH_CONTEXT', 'c1 to c99', isContext)
  if (!env.flag('WEATHER_API_ALERTS', false)) return undefined
  const { sidecarEntries } = weatherApi
  const api: DownstreamApi = {
    ...weatherApi,
    permissions: { role: 'Alerts.ReadWrite.All', scope: 'Alerts.ReadWrite' },
    scope: 'Alerts.ReadWrite',
    sidecarEntries: { ...nameSidecarEntries('weatherAlerts'), autonomous: sidecarEntries.autonomous },
    authenticationContexts,
    isOptional: true,
  }
  const client = createAlertClient(api)
  const changes: AlertChanges = {
    ...settings,
    delete_alert: {
      ...settings.delete_alert,
      tell: async ({ id }, context) => tellDeletion(await client.find(context, String(id))),
    },
  }
  return {
    /** The weather API with the right to alerts. */
    api,
    async load() {
      const { createAlertTools } = await import('./tools.ts')
      return createAlertTools(api, client, changes)
    },
    /** @throws {ProblemError} ALERT_NOT_RECOGNISED for a message that is about an alert, but not clear */
    recognise(message: string) {
      const request = recogniseAlertRequest(message, today())
      return request && toDirectCall(api, client, changes, request)
    },
  }
}

function toDirectCall(
  api: DownstreamApi,
  client: AlertClient,
  changes: AlertChanges,
  request: AlertRequest,
): DirectCall {
  switch (request.kind) {
    case 'create': {
      const { newAlert, isUsualDay } = request
      return {
        tool: 'create_alert',
        arguments: newAlert,
        api,
        change: { ...changes.create_alert, tell: () => tellNewAlert(newAlert, isUsualDay) },
        answer: async context => describeAlert(await client.create(context, newAlert)),
      }
    }
    case 'list':
      return {
        tool: 'list_alerts',
        arguments: {},
        api,
        answer: async context => describeAlerts(await client.list(context)),
      }
    case 'delete': {
      const { id } = request
      return {
        tool: 'delete_alert',
        arguments: { id },
        api,
        change: changes.delete_alert,
        async answer(context) {
          await client.remove(context, id)
          return describeDeletion(id)
        },
      }
    }
    case 'unclear':
      throw alertProblem('ALERT_NOT_RECOGNISED', request.why)
  }
}
