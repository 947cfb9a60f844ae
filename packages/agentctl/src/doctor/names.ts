import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** The name of the check of a URL's host; each https port of a host has a check of its own, since it has a certificate of its own. */
export function nameOf(url: string): string {
  const { protocol, host, hostname } = new URL(url)
  return `name ${protocol === 'https:' ? host : hostname.replace(/^\[|\]$/g, '')}`
}

/** Whether the hosts of these URLs have addresses, and show certificates that this machine trusts. */
export function nameChecks(urls: readonly string[]): readonly Check[] {
  const urlsByName = new Map(urls.map(url => [nameOf(url), new URL(url)]))
  return [...urlsByName].map(([name, url]) => ({ name, run: () => checkName(url) }))
}

async function checkName({ protocol, host, hostname, port }: URL): Promise<string> {
  const name = hostname.replace(/^\[|\]$/g, '')
  const found = await lookup(name).catch(() => undefined)
  if (!found) throw trouble('NAME_NOT_RESOLVED', `${name} cannot be resolved.`)
  if (protocol === 'https:') await checkCertificate(host, name, Number(port || 443))
  return `${name} is ${found.address}.`
}

/** Shakes hands and sends nothing. What silence or a refused connection means is left to the check that calls the host. */
async function checkCertificate(address: string, host: string, port: number): Promise<void> {
  const servername = isIP(host) ? {} : { servername: host }
  // A certificate that is not trusted is read too, to say who signed it.
  const socket = connect({ host, port, ...servername, rejectUnauthorized: false })
  const signal = AbortSignal.timeout(5_000)
  const failure = await once(socket, 'secureConnect', { signal }).then(
    () => socket.authorizationError,
    ({ code }) => code,
  )
  const authority = authorityOf(socket)
  socket.destroy()
  const code = String(failure)
  if (/^(ERR_SSL_|EPROTO)/.test(code))
    throw trouble(
      'TLS_FAILED',
      `What listens at ${address} speaks no TLS (${code}).`,
      'Check the port; if the server has no certificate, write http:// in place of https://.',
    )
  if (socket.authorized || authority === undefined) return
  const says = `${address} shows a certificate that “${authority}” signed; it is not accepted (${code}).`
  throw trouble('TLS_FAILED', says, hints[code])
}

/** The authority at the top of the chain that the server sent; `undefined` if it sent none. */
function authorityOf(socket: TLSSocket): string | undefined {
  let top: DetailedPeerCertificate | null = socket.getPeerCertificate(true)
  while (top?.issuerCertificate && top.issuerCertificate !== top) top = top.issuerCertificate
  const { CN, O } = top?.issuer ?? {}
  return [CN ?? O ?? []].flat()[0]
}

/** What to do where it does not help to trust the authority. */
const hints: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'Check the host name: the certificate is for another one.',
  CERT_HAS_EXPIRED: 'Have the certificate renewed; if it is valid, set the clock of this machine.',
}
