import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { resourceServer } from './fastify.ts'
import type { ResourceServerOptions } from './options.ts'
import { weatherApiOptions } from './testing/weather-api.ts'

const metadataRoot = '/.well-known/oauth-protected-resource'
const { appId, tenantId } = weatherApiOptions('')

/** An API with this public URL, and the schemas of its routes. */
async function startApi(resource: string, options: Partial<ResourceServerOptions> = {}) {
  const app = Fastify()
  onTestFinished(() => app.close())
  const schemas: unknown[] = []
  app.addHook('onRoute', ({ schema }) => void schemas.push(schema))
  await app.register(resourceServer, {
    ...weatherApiOptions('https://login.example'),
    resource,
    ...options,
  })
  const get = async (path: string) => {
    const { statusCode: status, headers, body } = await app.inject(path)
    return { status, challenge: headers['www-authenticate'], body: JSON.parse(body) }
  }
  return { get, schemas }
}

describe('the metadata of an API', () => {
  it.each([
    ['https://weather.example/mcp', [metadataRoot, `${metadataRoot}/mcp`]],
    ['https://weather.example/mcp/', [metadataRoot, `${metadataRoot}/mcp`]],
    ['https://weather.example/', [metadataRoot]],
  ])(
    'with the URL %s says where to obtain tokens, and only its own paths are served without a token',
    async (resource, paths) => {
      const { get } = await startApi(resource)
      for (const path of paths)
        expect(await get(path)).toMatchObject({
          status: 200,
          body: {
            resource,
            resource_name: 'Weather API',
            authorization_servers: [`https://login.example/${tenantId}/v2.0`],
            scopes_supported: [`api://${appId}/Weather.Read`],
            bearer_methods_supported: ['header'],
          },
        })
      for (const path of [`${metadataRoot}/other`, '/mcp', '/'])
        expect(await get(path)).toMatchObject({ status: 401 })
    },
  )

  it('is linked in the refusal of a call without a token, beside the scope to ask for', async () => {
    const { get } = await startApi('https://weather.example/mcp')
    expect((await get('/')).challenge).toBe(
      `Bearer realm="weather-api", scope="api://${appId}/Weather.Read", resource_metadata="https://weather.example${metadataRoot}/mcp"`,
    )
  })

  it('names the public cloud and all granted scopes by default', async () => {
    const { get } = await startApi('https://weather.example/mcp', {
      authority: undefined,
      permissions: { autonomous: 'Weather.Read.All' },
    })
    const scope = `api://${appId}/.default`
    expect((await get(metadataRoot)).body).toMatchObject({
      authorization_servers: [`https://login.microsoftonline.com/${tenantId}/v2.0`],
      scopes_supported: [scope],
    })
    expect((await get('/')).challenge).toContain(`scope="${scope}"`)
  })

  it('lists all scopes if a caller needs any one of them', async () => {
    const { get } = await startApi('https://weather.example', { permissions: { obo: ['A', 'B'] } })
    expect((await get(metadataRoot)).body.scopes_supported).toEqual([`api://${appId}/A`, `api://${appId}/B`])
  })

  it('is documented with exactly the members that it has', async () => {
    const { get, schemas } = await startApi('https://weather.example')
    const { body } = await get(metadataRoot)
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
})
