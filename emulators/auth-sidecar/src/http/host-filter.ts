import type { FastifyReply } from 'fastify'

/** Names that stand for this machine; the only ones that 1.1.2 lets in. */
export const localHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Whether a Host header, with or without port, is one of the allowed names; `*.` allows subdomains, no header is fine. */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  if (!header) return true
  const host = header.replace(/:\d+$/, '').toLowerCase()
  return allowed.some(name => {
    const pattern = name.toLowerCase()
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
  })
}

/** `undefined` when the list lets everybody in. */
export function readAllowedHosts(value: string | undefined): readonly string[] | undefined {
  const hosts = value
    ?.split(';')
    .map(host => host.trim())
    .filter(host => host !== '')
  return hosts?.some(host => ['*', '[::]', '0.0.0.0'].includes(host)) ? undefined : hosts
}

const invalidHostname =
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n' +
  '<HTML><HEAD><TITLE>Bad Request</TITLE>\r\n' +
  '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=us-ascii"></ HEAD >\r\n' +
  '<BODY><h2>Bad Request - Invalid Hostname</h2>\r\n' +
  '<hr><p>HTTP Error 400. The request hostname is invalid.</p>\r\n</BODY></HTML>'

/** What ASP.NET Core's host filter answers. */
export function sendInvalidHostname(reply: FastifyReply): void {
  reply.hijack()
  reply.raw.writeHead(400, { 'content-type': 'text/html', 'content-length': `${invalidHostname.length}` })
  reply.raw.end(invalidHostname)
}
