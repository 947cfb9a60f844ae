import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { LoggerOptions } from 'pino'
import { traceIds } from './active-span.ts'

/** What code below the routes logs with. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

/**
 * Log settings by which nothing that callers sent is logged: no path, headers or bodies; `authorization` is redacted
 * wherever it occurs. With tracing, lines have the ids of the trace.
 */
export function loggerOptions(level: string, traced: boolean): LoggerOptions {
  return {
    level,
    ...(traced ? { mixin: traceIds } : {}),
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'headers.authorization',
        '*.headers.authorization',
        '*.headers.cookie',
      ],
      censor: '‹removed›',
    },
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        route: request.routeOptions?.url,
        remoteAddress: request.ip,
      }),
    },
  }
}
