import type { FastifyInstance, FastifySchema } from 'fastify'

declare module 'fastify' {
  interface FastifySchema {
    /** What the route does, for people. */
    summary?: string
  }
}

const inPath = { in: 'path', required: true, schema: { type: 'string' } }

/**
 * `GET …/openapi.json`, made from the schemas of this route and of all routes that are added to the scope later. In OpenAPI 3.1
 * they are JSON Schemas as they are. https://spec.openapis.org/oas/v3.1.0
 */
export function publishRoutes(scope: FastifyInstance, title: string): void {
  const paths: Record<string, Record<string, object>> = {}
  scope.addHook('onRoute', ({ url, method, schema = {} }) => {
    const methods = [method].flat().filter(one => one !== 'HEAD')
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    const parameters = [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, ...inPath }))
    const operation = { ...describeRoute(schema), ...(parameters.length > 0 && { parameters }) }
    const operations = methods.map(one => [one.toLowerCase(), operation])
    if (operations.length > 0) paths[path] = { ...paths[path], ...Object.fromEntries(operations) }
  })
  const document = { openapi: '3.1.0', info: { title, version: '1' }, paths }
  scope.get('/openapi.json', { schema: { summary: 'Describes these requests.' } }, async () => document)
}

function describeRoute({ summary, body, response = { 200: {} } }: FastifySchema): object {
  const answers = Object.entries(response as Record<string, object>).map(([status, schema]) => {
    // A schema with `content` names its media types itself, as Fastify allows.
    const content = 'content' in schema ? schema.content : { 'application/json': { schema } }
    return [status, { description: 'Done.', ...(status !== '204' && { content }) }]
  })
  const problem = { description: 'A problem (RFC 9457).', content: { 'application/problem+json': {} } }
  return {
    summary,
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
    }),
    responses: { ...Object.fromEntries(answers), default: problem },
  }
}
