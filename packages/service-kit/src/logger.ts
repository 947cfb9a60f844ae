import type { FastifyRequest } from 'fastify'
import type { LoggerOptions } from 'pino'
import { traceIds } from './active-span.ts'

/** Log settings that keep callers' words and tokens out: no path, headers or bodies; `authorization` is cut wherever it turns up. Where requests are traced, their lines have the trace's ids. */
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
