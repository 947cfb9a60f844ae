import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { sendEmpty, sendInvalidHostname } from './responses.ts'

/** Kestrel's limits for the header section of a request, in bytes and lines. */
const mostHeaderBytes = 32 * 1024
const mostHeaders = 100

/** Lets Node read a little more than Kestrel would, so that the exact limit can be drawn here; in bytes. */
export const parserHeaderBytes = 48 * 1024

/**
 * What stands before everything else, in the original's order: header limits, host filter, local callers only, and an
 * `AzureAd` section so incomplete that authentication cannot even start. Tells whether the request may go on; if not,
 * the response has been sent.
 */
export function letsPass(request: FastifyRequest, reply: FastifyReply, config: Config): boolean {
  // Kestrel names no connection options where HTTP/1.1 needs none.
  if (reply.raw.getHeader('connection') !== 'close') reply.raw.removeHeader('connection')
  const { allowedHosts, azureAd } = config
  const isProbe = request.routeOptions.url === '/healthz'
  if (exceedsHeaderLimits(request.raw)) sendEmpty(reply, 431, { connection: 'close' })
  else if (allowedHosts && !isAllowedHost(request.headers.host, allowedHosts)) sendInvalidHostname(reply)
  else if (!isProbe && !isLoopback(request.socket.remoteAddress)) sendEmpty(reply, 403)
  else if (!azureAd) sendEmpty(reply, 500)
  else return true
  return false
}

function exceedsHeaderLimits({ rawHeaders }: IncomingMessage): boolean {
  if (rawHeaders.length > 2 * mostHeaders) return true
  let bytes = 0
  // A name and its value cost two more bytes each: a colon with its space, the end of the line.
  for (const text of rawHeaders) bytes += text.length + 2
  return bytes > mostHeaderBytes
}

/** Responds to what Node's parser gave up on: 431 without a body for headers beyond every limit, else 400. */
export function respondToParserError(error: Error, socket: Duplex): void {
  if (!socket.writable) return
  const tooLarge = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW'
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

/** Whether a Host header, with or without port, is one of the allowed names; `*.` allows subdomains, no header is fine. */
function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  if (!header) return true
  const host = header.replace(/:\d+$/, '').toLowerCase()
  return allowed.some(name => {
    const pattern = name.toLowerCase()
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
  })
}

/** Whether an address is 127.0.0.0/8, ::1 or a v4-mapped form of the former; callers over a Unix socket have none. */
function isLoopback(address = '::1'): boolean {
  const plain = address.replace(/^::ffff:/, '')
  return plain === '::1' || plain.startsWith('127.')
}
