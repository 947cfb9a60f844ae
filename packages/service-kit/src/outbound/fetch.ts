import { fetch, type RequestInit, type Response } from 'undici'
import { type ConnectionOptions, openConnections } from './connections.ts'
import { isProxied, isProxyPage, ProxyError, readProxy } from './proxy.ts'
import { sendErrorOf } from './send-error.ts'

export type StreamedResponse = Response

/**
 * Makes a `fetch` with connections of its own, by undici's own: Node's may be of another major version than the connections.
 * Redirects are not followed. It throws a SendError, or the signal's reason.
 */
export function createFetch(options: ConnectionOptions) {
  const dispatcher = openConnections(options)
  const proxy = readProxy()

  async function send(url: string, init: RequestInit): Promise<StreamedResponse> {
    try {
      const response = await fetch(url, { ...init, redirect: 'manual', dispatcher })
      const { status, headers } = response
      if (proxy && isProxied(url, proxy) && isProxyPage(status, headers.get('content-type')))
        throw new ProxyError(status)
      return response
    } catch (error) {
      init.signal?.throwIfAborted()
      const { cause = error } = error as Error
      throw sendErrorOf(cause as Error, undefined)
    }
  }

  return { fetch: send, close: () => dispatcher.destroy() }
}
