import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { exceedsHeaderLimits } from './header-limits.ts'
import { isAllowedHost, localHosts, sendInvalidHostname } from './host-filter.ts'
import { isLoopback } from './loopback.ts'
import { sendEmpty } from './replies.ts'

export const healthPath = '/healthz'

/** Whether a request may go on; if not, it has been answered. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * What stands before everything else, in the original's order: header limits, host filter, local callers only, and an
 * `AzureAd` section so incomplete that authentication cannot even start.
 */
export function buildGuard(config: Config): Guard {
  const hosts = pipelineHosts(config)
  return (request, reply) => {
    // Kestrel names no connection options where HTTP/1.1 needs none.
    reply.raw.removeHeader('connection')
    if (exceedsHeaderLimits(request.raw)) sendEmpty(reply, 431, { connection: 'close' })
    else if (hosts && !isAllowedHost(request.headers.host, hosts)) sendInvalidHostname(reply)
    else {
      const status = refuseStranger(request, config) ?? (config.azureAd ? undefined : 500)
      if (status === undefined) return true
      sendEmpty(reply, status)
    }
    return false
  }
}

/** The host filter of the whole pipeline: fixed in 1.0.0, from `AllowedHosts` afterwards. */
function pipelineHosts({ version, development, allowedHosts }: Config): readonly string[] | undefined {
  if (version !== '1.0.0') return allowedHosts
  return development ? undefined : ['localhost']
}

/** 403 for callers that are not on this machine, 400 for those that call it by another name; health probes may. */
function refuseStranger(request: FastifyRequest, config: Config): number | undefined {
  const { version, development } = config
  if (version === '1.0.0' || development || request.routeOptions.url === healthPath) return undefined
  if (!isLoopback(callerAddress(request, config))) return 403
  return version === '1.1.2' && !isAllowedHost(request.headers.host, localHosts) ? 400 : undefined
}

/** With forwarded headers switched on the last `X-Forwarded-For` entry is believed: the reason never to do it. */
function callerAddress(request: FastifyRequest, { trustForwardedHeaders }: Config): string | undefined {
  const header = request.headers['x-forwarded-for']
  const forwarded =
    trustForwardedHeaders && typeof header === 'string' ? header.split(',').at(-1)?.trim() : undefined
  return forwarded || request.socket.remoteAddress
}
