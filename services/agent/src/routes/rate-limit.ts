import { readForwardedAddresses, untrustedAddress } from '@entra-agents/service-kit'
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problem } from '../problems.ts'

/** The part of an IPv6 address that one client has. */
const ipv6Subnet = 64

/**
 * Adds `app.rateLimit()`, by which routes limit the messages per minute from a client address (IPv6: a /64 network). Further
 * messages get RATE_LIMITED with Retry-After.
 */
export async function addRateLimit(app: FastifyInstance, messagesPerMinute: number): Promise<void> {
  readForwardedAddresses(app)
  const unsent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    global: false,
    ipv6Subnet,
    max: messagesPerMinute,
    timeWindow: 60_000,
    addHeaders: unsent,
    addHeadersOnExceeding: unsent,
    errorResponseBuilder: (_request, { max }) =>
      problem('RATE_LIMITED', `More than ${max} messages came within a minute.`),
  })
}

/**
 * Routes that start at a pace do not refuse a proxy that is not in TRUSTED_PROXIES, since one of its clients could lock out
 * all others: its messages have the pace of one address.
 */
export const unlessPaced = { allowList: (request: FastifyRequest) => untrustedAddress(request) !== undefined }

/** The address of a request, and a name for the client behind it, as far as that can be known without a sign-in. */
export function addressOf(request: FastifyRequest): { readonly address: string; readonly client: string } {
  const client = untrustedAddress(request)
  return {
    address: normalizeIP(request.ip, ipv6Subnet),
    client: client === undefined ? '' : normalizeIP(client, ipv6Subnet),
  }
}
