import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import { sendEmpty, sendInvalidHostname } from './responses.ts'

/** Kestrel's limits for the header section of a request, in bytes and lines. */
const maxHeaderBytes = 32 * 1024
const maxHeaders = 100

/** The limit of Node's parser, in bytes: higher than Kestrel's, so that this code can enforce Kestrel's exact limit. */
export const parserHeaderBytes = 48 * 1024

/**
 * The checks before any route, in the official order: header limits, host, local callers only, completeness of `AzureAd`.
 * Returns whether the request may proceed; if not, the response has been sent.
 */
export function passesGuard(request: FastifyRequest, reply: FastifyReply, config: Config): boolean {
  // Kestrel sends no `Connection: keep-alive`, the default of HTTP/1.1.
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
  if (rawHeaders.length > 2 * maxHeaders) return true
  let bytes = 0
  // Two more bytes for each name (“: ”) and for each value (the line end).
  for (const text of rawHeaders) bytes += text.length + 2
  return bytes > maxHeaderBytes
}

/** Responds to requests that Node could not parse: 431 without a body for headers that are too large, else 400. */
export function respondToParserError(error: Error, socket: Duplex): void {
  if (!socket.writable) return
  const tooLarge = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW'
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}

/** Whether a Host header, with or without port, is an allowed name. `*.` allows subdomains; a missing header is allowed. */
function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  if (!header) return true
  const host = header.replace(/:\d+$/, '').toLowerCase()
  return allowed.some(name => {
    const pattern = name.toLowerCase()
    return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
  })
}

/** Whether an address is in 127.0.0.0/8 (IPv4-mapped too) or ::1. Callers over a Unix socket have no address. */
function isLoopback(address = '::1'): boolean {
  const plain = address.replace(/^::ffff:/, '')
  return plain === '::1' || plain.startsWith('127.')
}
