import { interceptors } from 'undici'
import { type ConnectionOptions, openConnections } from './connections.ts'
import { isProxied, readProxy } from './proxy.ts'
import { type OutboundRequest, type OutboundResponse, ResponseReader } from './response-reader.ts'

export { openConnections } from './connections.ts'
export type { OutboundRequest, OutboundResponse } from './response-reader.ts'
export { isSendError, SendError, type SendErrorKind } from './send-error.ts'

/** Sends one request. Throws a {@link SendError}, or the reason of the request's signal. */
export type Send = (request: OutboundRequest) => Promise<OutboundResponse>

/** Sends requests over connections that are kept. */
export interface Sender {
  readonly send: Send
  /** Ends the requests that are still under way. */
  close(): Promise<void>
}

/**
 * Limit of the intermediate results if a body was compressed more than once; the end result has the limit of the
 * request.
 */
const maxIntermediateBytes = 16 * 1024 * 1024

/** Makes a sender with connections of its own. */
export function createSender(options: ConnectionOptions): Sender {
  const connections = openConnections(options)
  const proxy = readProxy()
  const dispatcher = connections.compose(
    interceptors.decompress({ maxSize: maxIntermediateBytes, skipErrorResponses: false }),
  )
  return {
    send: request =>
      new Promise((resolve, reject) => {
        const { signal, method = 'GET', headers = {}, body = null } = request
        if (signal?.aborted) return reject(signal.reason)
        const { origin, pathname, search } = new URL(request.url)
        const path = `${pathname}${search}`
        dispatcher.dispatch(
          { origin, path, method, headers, body },
          new ResponseReader(request, resolve, reject, proxy !== undefined && isProxied(request.url, proxy)),
        )
      }),
    close: () => connections.destroy(),
  }
}
