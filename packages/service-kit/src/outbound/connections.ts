import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import { ProxyError, readProxy } from './proxy.ts'

export interface ConnectionOptions {
  /** The most connections to an origin; further requests wait for a free one. Default: no limit. */
  readonly connections?: number
  readonly connectTimeoutMs?: number
  readonly lookup?: LookupFunction
  /** The largest body of a response in bytes, before decompression. Default: no limit. */
  readonly maxResponseSize?: number
}

/**
 * Connections to other servers, through the proxy that the environment names. A process makes all its connections here, except those
 * of the AWS SDK and of telemetry.
 */
export function openConnections(options: ConnectionOptions): Dispatcher {
  const { connectTimeoutMs: timeout, lookup, ...limits } = options
  const connect = { ...(timeout === undefined ? {} : { timeout }), ...(lookup ? { lookup } : {}) }
  const proxy = readProxy()
  if (proxy === undefined) return new Agent({ ...limits, connect })
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    ...(timeout === undefined ? {} : { connectTimeout: timeout }),
    httpProxy: proxy.HTTP_PROXY ?? '',
    httpsProxy: proxy.HTTPS_PROXY ?? '',
    noProxy: proxy.NO_PROXY,
    clientFactory: (origin, options) => new ProxyPool(origin, options),
  })
}

/** Connections to the proxy, which distinguish its failures from those of the host behind it. */
class ProxyPool extends Pool {
  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(...args: Parameters<Dispatcher['connect']>): void
  override async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const tunnel = await super.connect(options).catch((cause: unknown) => {
      throw new ProxyError(undefined, cause)
    })
    if (tunnel.statusCode === 200) return tunnel
    tunnel.socket.on('error', () => {}).destroy()
    throw new ProxyError(tunnel.statusCode)
  }
}
