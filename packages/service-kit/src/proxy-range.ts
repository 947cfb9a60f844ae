import { isIP } from 'node:net'

/** Ranges that Fastify knows by name. */
const namedRanges: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']

/** Whether a text is an IP address, a CIDR block such as `10.0.0.0/8`, or a range that Fastify knows. `/0`, a block of all addresses, is refused. */
export function isProxyRange(text: string): boolean {
  const [address = '', length, ...others] = text.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? 0
  const prefix = length === undefined ? bits : /^\d+$/.test(length) ? Number(length) : 0
  return namedRanges.includes(text) || (others.length === 0 && prefix > 0 && prefix <= bits)
}
