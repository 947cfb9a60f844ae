import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Printable and short: it goes into logs and responses as it came. */
const acceptable = /^[A-Za-z0-9._:-]{1,64}$/

/** The caller's `X-Request-Id` where it is fit to be logged, else a new one. */
export function chooseRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
}
