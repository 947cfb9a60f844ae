import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { problem } from '../problems.ts'

/** Lets each client address send so many messages a minute; more is answered with RATE_LIMITED and Retry-After. */
export async function addRateLimit(app: FastifyInstance, messagesPerMinute: number): Promise<void> {
  await app.register(rateLimit, {
    global: false,
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
