/** Where a tool call has its idempotency key, in `_meta`. */
export const keyOfMeta = 'entra-bedrock-agent/idempotency-key'

/** What each of the tools for alerts does; all other tools return the weather. */
const alertTools = {
  list_alerts: 'readAlerts',
  create_alert: 'changeAlerts',
  delete_alert: 'changeAlerts',
} as const
export type AlertTool = keyof typeof alertTools

/** What each tool call of a request does. In earlier revisions of the protocol, one request can have several calls. */
export function describeCalls(body: unknown): readonly ('weather' | (typeof alertTools)[AlertTool])[] {
  return [body]
    .flat()
    .filter(isRequest)
    .filter(({ method }) => method === 'tools/call')
    .map(({ params }) => (isAlertTool(params?.name) ? alertTools[params.name] : 'weather'))
}

function isAlertTool(name: unknown): name is AlertTool {
  return typeof name === 'string' && Object.hasOwn(alertTools, name)
}

function isRequest(message: unknown): message is { method?: unknown; params?: { name?: unknown } | null } {
  return typeof message === 'object' && message !== null
}
