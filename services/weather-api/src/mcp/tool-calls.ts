/** The member of `_meta` in which a tool call has its idempotency key. */
export const idempotencyKeyName = 'entra-bedrock-agent/idempotency-key'

/** What each of the tools for alerts needs; all other tools need `weather`. */
const needsOfAlertTools = {
  list_alerts: 'readAlerts',
  create_alert: 'changeAlerts',
  delete_alert: 'changeAlerts',
} as const
export type AlertTool = keyof typeof needsOfAlertTools

/** The right that each tool call of a request needs. In earlier revisions of the protocol, one request can have several calls. */
export function needsOfCalls(body: unknown): readonly ('weather' | (typeof needsOfAlertTools)[AlertTool])[] {
  return [body]
    .flat()
    .map(message => Object(message) as { method?: unknown; params?: { name?: unknown } | null })
    .filter(({ method }) => method === 'tools/call')
    .map(({ params }) => (isAlertTool(params?.name) ? needsOfAlertTools[params.name] : 'weather'))
}

function isAlertTool(name: unknown): name is AlertTool {
  return typeof name === 'string' && Object.hasOwn(needsOfAlertTools, name)
}
