import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/**
 * A UUID, as Envoy makes them, or 32 hexadecimal digits, as nginx does and as trace ids are written. Words of a caller have
 * another form, and none may stand in a log.
 */
const idOfGateway = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/i

/** The caller's `X-Request-Id` where it has the form of an id, else a new one. */
export function chooseRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && idOfGateway.test(given) ? given : randomUUID()
}
