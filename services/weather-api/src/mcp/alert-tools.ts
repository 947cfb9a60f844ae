import { commonProblem } from '@entra-agents/service-kit'
import { strictObject } from '@entra-agents/trace'
import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Alert, AlertId, AlertRequest, type IdempotencyKey, keyPattern } from '../alerts/alert.ts'
import type { AlertStore } from '../alerts/alert-store.ts'
import { ComparedAlert, compareWithWeather } from '../alerts/comparison.ts'
import type { WeatherProvider } from '../weather/provider.ts'
import { callTool } from './call-tool.ts'
import { type AlertTool, idempotencyKeyName } from './tool-calls.ts'

const AlertList = strictObject({ alerts: Type.Array(ComparedAlert) })
const DeletedAlert = strictObject({ deleted: AlertId.properties.id })

const createAlertTool = {
  title: 'Create an alert',
  description:
    'Records an alert for a temperature in a city, for the caller. If there is the same one already, nothing is added. list_alerts compares it with the weather.',
  inputSchema: fromJsonSchema<AlertRequest>(AlertRequest),
  outputSchema: fromJsonSchema<Alert>(Alert),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
}

const listAlertsTool = {
  title: 'Alerts of the caller',
  description:
    'Lists the caller’s alerts whose last day is not over, each with the temperature there now and whether it is reached (null: not known).',
  outputSchema: fromJsonSchema<Static<typeof AlertList>>(AlertList),
  annotations: { readOnlyHint: true },
}

const deleteAlertTool = {
  title: 'Delete an alert',
  description: 'Deletes one of the caller’s alerts by its id, if there is one.',
  inputSchema: fromJsonSchema<Static<typeof AlertId>>(AlertId),
  outputSchema: fromJsonSchema<Static<typeof DeletedAlert>>(DeletedAlert),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
}

/** Adds the tools for the alerts of the request's caller. The token check has ensured that the caller may call them. */
export function addAlertTools(
  server: McpServer,
  alerts: AlertStore,
  weather: WeatherProvider,
  request: FastifyRequest,
): void {
  const { access: identity, log } = request
  const call = (tool: AlertTool, signal: AbortSignal, act: () => object | Promise<object>) =>
    callTool(request, tool, signal, act)
  server.registerTool('create_alert', createAlertTool, (order, { mcpReq: { signal, _meta } }) =>
    call('create_alert', signal, () => {
      const { alert, outcome } = alerts.create(identity, readKey(_meta, identity.caller), order)
      log.info({ outcome }, 'An alert was asked for.')
      return alert
    }),
  )
  server.registerTool('list_alerts', listAlertsTool, ({ mcpReq: { signal } }) =>
    call('list_alerts', signal, async () => ({
      alerts: await compareWithWeather(alerts.list(identity), weather, log, signal),
    })),
  )
  server.registerTool('delete_alert', deleteAlertTool, ({ id }, { mcpReq: { signal } }) =>
    call('delete_alert', signal, () => {
      alerts.remove(identity, id)
      return { deleted: id }
    }),
  )
}

/** The idempotency key of a call; without a key (`undefined`), an equal alert counts as the same alert. */
function readKey(meta: Readonly<Record<string, unknown>> = {}, caller: string): IdempotencyKey | undefined {
  const value = meta[idempotencyKeyName]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !new RegExp(keyPattern).test(value))
    throw commonProblem('INVALID_REQUEST', `${idempotencyKeyName} must match ${keyPattern}.`)
  return { caller, value: value.replaceAll('"', '') }
}
