import type { FastifyRequest } from 'fastify'
import type { LoggerOptions } from 'pino'

/** Log settings that keep tokens out: no headers, no query, no bodies; `authorization` is cut wherever it turns up. */
export function loggerOptions(level: string): LoggerOptions {
  return {
    level,
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
        path: request.url?.split('?', 1)[0],
        remoteAddress: request.ip,
      }),
    },
  }
}
