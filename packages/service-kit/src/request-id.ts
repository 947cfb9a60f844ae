import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * A UUID (Envoy) or 32 hexadecimal digits (nginx, trace ids). Anything else could be text of a caller, which must not get
 * into the log.
 */
const gatewayIdPattern = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/i

/** The caller's `X-Request-Id` where it has the form of an id, else a new one. */
export function chooseRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && gatewayIdPattern.test(given) ? given : randomUUID()
}
