import { lookup as lookUp } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const maxBytes = 64 * 1024
const timeoutMs = 5_000

/** Addresses in no network that everybody can reach (https://www.iana.org/assignments/iana-ipv4-special-registry). */
const special = new BlockList()
for (const range of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
]) {
  const [network = '', bits] = range.split('/')
  special.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
}
/** All of IPv6 that is assigned to hosts: neither local addresses nor IPv4 ones in other clothes are in it. */
const globalIpv6 = new BlockList()
globalIpv6.addSubnet('2000::', 3, 'ipv6')

export function isPublicAddress(address: string): boolean {
  return isIP(address) === 4
    ? !special.check(address, 'ipv4')
    : globalIpv6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** Looks a name up once, for checking and connecting: no later answer can lead elsewhere. */
const lookUpPublic: LookupFunction = (host, options, done) =>
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error || !first) return done(error ?? new Error('no address'), [])
    if (!addresses.every(({ address }) => isPublicAddress(address))) return done(notPublic(), [])
    return options.all ? done(null, addresses) : done(null, first.address, first.family)
  })

const notPublic = () =>
  new Error('its address is not public, and CLIENT_DOCUMENT_HOSTS does not name the host')

/** Reads a small JSON text from a public address, or from one of `privateHosts`, without redirects. Errors end a sentence. */
export async function readPublicJson(url: URL, privateHosts: readonly string[]): Promise<string> {
  const isPrivate = privateHosts.includes(url.hostname)
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  // Node looks up names only.
  if (!isPrivate && isIP(literal) !== 0 && !isPublicAddress(literal)) throw notPublic()
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { accept: 'application/json' }
  const options = { agent: false, signal, headers, ...(!isPrivate && { lookup: lookUpPublic }) }
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, options, resolve).on('error', reject).end()
    })
    return await readBody(response)
  } catch (error) {
    throw signal.aborted ? new Error(`it took longer than ${timeoutMs / 1000} s`) : error
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const { statusCode, headers } = response
  const type = headers['content-type'] ?? 'none'
  try {
    if (statusCode !== 200) throw new Error(`its status is ${statusCode}`)
    if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))
      throw new Error(`its content type is ${type.slice(0, 100)}`)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response) {
      size += chunk.length
      if (size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024} kB`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString()
  } finally {
    response.destroy()
  }
}
