import Fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { resourceServer } from './fastify.ts'
import type { ResourceServerOptions } from './options.ts'
import { weatherApiOptions } from './testing/weather-api.ts'

const root = '/.well-known/oauth-protected-resource'
const paths = [root, `${root}/mcp`, `${root}/other`, '/mcp', '/']

/** An API with these options, and the schemas of its routes. */
async function startApi(options: Partial<ResourceServerOptions>) {
  const app = Fastify()
  onTestFinished(() => app.close())
  const schemas: unknown[] = []
  app.addHook('onRoute', ({ schema }) => void schemas.push(schema))
  const { authority: _, ...others } = weatherApiOptions('')
  await app.register(resourceServer, { ...others, ...options })
  return { app, schemas }
}

// biome-ignore format: table
const apis: readonly (readonly [title: string, options: Partial<ResourceServerOptions>])[] = [
  ['A URL with a path', { resource: 'https://weather.example/mcp', authority: 'https://login.example' }],
  ['A URL with a slash at its end', { resource: 'https://weather.example/mcp/', authority: 'https://login.example' }],
  ['A URL without a path', { resource: 'https://weather.example/', authority: 'https://login.example' }],
  ['The public cloud, and all granted scopes, by default', { resource: 'https://weather.example/mcp', permissions: { autonomous: 'Weather.Read.All' } }],
  ['Several scopes, of which a caller needs one', { resource: 'https://weather.example', permissions: { obo: ['A', 'B'] } }],
]

it('The metadata of an API says where to obtain tokens; only its paths need no token, and refusals point to it', async () => {
  const lines: string[] = []
  for (const [title, options] of apis) {
    lines.push(`${title}: ${options.resource}`)
    const { app } = await startApi(options)
    for (const path of paths) {
      const { statusCode, headers, body } = await app.inject(path)
      lines.push(`- GET ${path}`, `  ${statusCode} ${headers['www-authenticate'] ?? body}`)
    }
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('protected-resource.txt')
})

it('The metadata is documented with exactly the members that it has', async () => {
  const { app, schemas } = await startApi({ resource: 'https://weather.example' })
  const body: object = (await app.inject(root)).json()
  const typeOf = (value: unknown) =>
    Array.isArray(value) ? { type: 'array', items: { type: 'string' } } : { type: 'string' }
  expect(schemas[0]).toMatchObject({
    summary: expect.stringMatching(/\?$/),
    response: {
      200: {
        type: 'object',
        required: Object.keys(body),
        properties: Object.fromEntries(Object.entries(body).map(([name, value]) => [name, typeOf(value)])),
        additionalProperties: false,
      },
    },
  })
})
