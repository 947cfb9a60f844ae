import { lookup as lookupByResolver } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { createSender, type OutboundRequest } from '@entra-agents/service-kit/send'

interface SidecarCall extends Pick<OutboundRequest, 'headers' | 'signal' | 'timeoutMs'> {
  readonly path: string
}

const maxBodyBytes = 64 * 1024

const loopbackAddresses = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Resolves `localhost` to loopback (RFC 6761) without DNS. Otherwise, while DNS does not respond, the agent could not reach the
 * sidecar in its own pod, and the sidecar would seem to be at fault.
 */
const lookup: LookupFunction = (name, options, found) => {
  if (name !== 'localhost') lookupByResolver(name, options, found)
  else if (options.all) found(null, loopbackAddresses)
  else found(null, '127.0.0.1', 4)
}

/**
 * Connects to the Entra Auth SDK sidecar, over kept-alive connections. `get` throws a SendError, or the signal's reason.
 *
 * @param given loopback addresses become `localhost`, the only host name that every version of the sidecar accepts
 */
export function connectSidecar(given: string, connectTimeoutMs: number) {
  const url = given
    .replace(/^(https?:\/\/)(?:127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '$1localhost')
    .replace(/\/$/, '')
  const { send, close } = createSender({ connections: 64, connectTimeoutMs, lookup })
  return {
    url,
    close,
    get: ({ path, headers, ...limits }: SidecarCall) =>
      send({
        url: `${url}${path}`,
        headers: { accept: 'application/json', ...headers },
        maxBytes: maxBodyBytes,
        ...limits,
      }),
  }
}
