import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Makes `request.ip` an IP address whatever a trusted proxy sends: only the addresses at the end of `X-Forwarded-For` are
 * used, without ports. Warns once when an untrusted proxy sends the header, because all its users share one address.
 */
export function readForwardedAddresses(app: FastifyInstance): void {
  let hasWarned = false
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw, log } = request
    const forwarded = raw.headers['x-forwarded-for']
    if (forwarded === undefined) return done()
    if (isTrusted(request)) {
      raw.headers['x-forwarded-for'] = lastAddresses(forwarded).join(', ')
    } else if (!hasWarned) {
      hasWarned = true
      log.warn(
        { proxy: raw.socket.remoteAddress },
        'X-Forwarded-For comes from an address that is not in TRUSTED_PROXIES, so all users behind it share the pace of one address.',
      )
    }
    done()
  })
}

/**
 * The client's address as a proxy that is not trusted reports it. Anybody can claim any address, so it only tells apart what
 * comes from one address.
 */
export function untrustedAddress(request: FastifyRequest): string | undefined {
  const forwarded = request.raw.headers['x-forwarded-for']
  return forwarded === undefined || isTrusted(request) ? undefined : lastAddresses(forwarded).at(-1)
}

function isTrusted({ ips = [] }: FastifyRequest): boolean {
  return ips.length > 1
}

/** The addresses after the last entry that is no address. Proxies append addresses; earlier entries may be the client’s. */
function lastAddresses(forwarded: string | readonly string[]): string[] {
  const addresses = [forwarded]
    .flat()
    .join(',')
    .split(',')
    .map(entry => withoutPort(entry.trim()))
  const lastOther = addresses.findLastIndex(address => isIP(address) === 0 || address.includes('%'))
  return addresses.slice(lastOther + 1)
}

/** Removes the port that some proxies add: `203.0.113.7:1001`, `[2001:db8::1]:443`. */
function withoutPort(entry: string): string {
  const { v4, v6 } = /^(?:(?<v4>[\d.]+):\d+|\[(?<v6>[^\]]+)\](?::\d+)?)$/.exec(entry)?.groups ?? {}
  return v4 ?? v6 ?? entry
}

/** Ranges that Fastify knows by name. */
const namedRanges: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']

/** Whether a text is an IP address, a CIDR block such as `10.0.0.0/8`, or a range that Fastify knows. `/0`, a block of all addresses, is refused. */
export function isProxyRange(text: string): boolean {
  const [address = '', length, ...others] = text.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? 0
  const prefix = length === undefined ? bits : /^\d+$/.test(length) ? Number(length) : 0
  return namedRanges.includes(text) || (others.length === 0 && prefix > 0 && prefix <= bits)
}
