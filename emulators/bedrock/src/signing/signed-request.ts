import type { IncomingHttpHeaders } from 'node:http'

/** A request as it came over the wire: nothing decoded, so that its signature can be recomputed. */
export interface SignedRequest {
  readonly method: string
  /** The path as sent, percent-encoded, without the query. */
  readonly path: string
  /** The query as sent, without the question mark. */
  readonly query: string
  /** Lower-case names; HTTP/2 pseudo headers included. */
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** One value of a header, or `undefined`. */
export function headerOf({ headers }: SignedRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
