import type { FastifyInstance } from 'fastify'

const bodyLimitBytes = 128 * 1024

/** Form bodies arrive as `URLSearchParams`; any other body counts as none. For the routes of one plugin. */
export function acceptFormBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: bodyLimitBytes },
    async (_request: unknown, body: string) => new URLSearchParams(body),
  )
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: bodyLimitBytes }, async () => undefined)
}
