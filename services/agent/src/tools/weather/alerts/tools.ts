import type { OfferedTool } from '@entra-agents/approval'
import { defineTool } from '@entra-agents/approval/define-tool'
import type { DownstreamApi } from '@entra-agents/identity/core'
import { Type } from 'typebox'
import { faultOfLastDay, today } from '../dates.ts'
import { AlertId, NewAlert } from './alert.ts'
import type { AlertChanges } from './changes.ts'
import type { AlertClient } from './client.ts'

/** The tools for alerts as the model gets them. */
export function createAlertTools(
  api: DownstreamApi,
  alerts: AlertClient,
  changes: AlertChanges,
): readonly OfferedTool[] {
  const create = defineTool({
    name: 'create_alert',
    description: 'Records an alert for a temperature in one city.',
    schema: NewAlert,
    run: (newAlert, context) => alerts.create(context, newAlert),
  })
  const list = defineTool({
    name: 'list_alerts',
    description:
      'Lists the alerts whose last day is not over, each with its id, the temperature there now, and whether its limit is reached.',
    schema: Type.Object({}),
    run: (_input, context) => alerts.list(context),
  })
  const remove = defineTool({
    name: 'delete_alert',
    description: 'Deletes one alert by its id.',
    schema: AlertId,
    async run({ id }, context) {
      await alerts.remove(context, id)
      return { deleted: id }
    },
  })
  return [
    { tool: create, api, change: changes.create_alert, faultOf: faultOfNewAlert },
    { tool: list, api },
    { tool: remove, api, change: changes.delete_alert },
  ]
}

function faultOfNewAlert({ untilDate }: Readonly<Record<string, unknown>>): string | undefined {
  const fault = faultOfLastDay(String(untilDate), today())
  return fault && `untilDate has to be ${fault}.`
}
