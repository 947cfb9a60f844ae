import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { problem } from '../problems.ts'
import { readForwardedAddresses } from './forwarded-addresses.ts'

/** Adds `app.rateLimit()`, by which routes limit the messages per minute from a client address (IPv6: a /64 network). Further messages get RATE_LIMITED with Retry-After. */
export async function addRateLimit(app: FastifyInstance, messagesPerMinute: number): Promise<void> {
  readForwardedAddresses(app)
  await app.register(rateLimit, {
    global: false,
    ipv6Subnet: 64,
    max: messagesPerMinute,
    timeWindow: 60_000,
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    errorResponseBuilder: (_request, { max }) =>
      problem('RATE_LIMITED', `More than ${max} messages came within a minute.`),
  })
}
