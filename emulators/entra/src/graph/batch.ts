import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { Batch } from './bodies.ts'
import { badRequest } from './graph-error.ts'
import type { GraphVersion } from './paths.ts'

/** `$batch`: up to 20 requests, each of which is sent with the caller's token and answered apart from the others. */
export function addBatchRoute(app: FastifyInstance, version: GraphVersion): void {
  app.post<{ Body: Static<typeof Batch> }>(
    '/$batch',
    { schema: { body: Batch } },
    async ({ body, headers }) => {
      const ids = new Set(body.requests.map(({ id }) => id))
      if (ids.size < body.requests.length) throw badRequest('Request ids must be unique within a batch.')
      const responses = []
      // One after the other, since a request may depend on an earlier one.
      for (const { id, method, url, headers: own, body: payload } of body.requests) {
        if (/^\/*\$batch/i.test(url)) throw badRequest('A batch cannot contain a batch.')
        const { authorization = '', host = '' } = headers
        const response = await app.inject({
          method,
          url: `/${version}/${url.replace(/^\/+/, '')}`,
          headers: { ...own, authorization, host },
          ...(payload === undefined ? {} : { payload: payload as object }),
        })
        const isJson = response.headers['content-type']?.toString().startsWith('application/json')
        responses.push({
          id,
          status: response.statusCode,
          headers: { 'Content-Type': response.headers['content-type'] },
          ...(isJson ? { body: response.json() } : {}),
        })
      }
      return { responses }
    },
  )
}
