import { tenant } from '@entra-agents/demo-tenant'
import Fastify from 'fastify'
import { type FastifyResourceServerOptions, resourceServer } from '../fastify.ts'
import type { ResourceServerOptions } from '../options.ts'
import { describeAccess, type Validated } from '../validated.ts'
import { weatherApi } from './agent-claims.ts'
import { type RawResponse, rawGet } from './raw-request.ts'
import { createIssuer, type TestIssuer } from './token-issuer.ts'

export interface ApiResponse extends RawResponse {
  readonly body: ResponseBody
}

/** All members that a response may have: those of `validated`, or those of a problem. */
interface ResponseBody extends Validated {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly failedCheck: string
}

export interface ProtectedApi {
  readonly url: string
  readonly issuer: TestIssuer
  /** GET with raw headers: names and values alternate, and are sent unchanged. */
  get(path: string, headers?: readonly string[]): Promise<ApiResponse>
  /** GET with one bearer token. */
  ask(token: string): Promise<ApiResponse>
  close(): Promise<void>
}

/** The options of the weather API's token check. */
export function weatherApiOptions(authority: string) {
  return {
    name: 'weather-api',
    title: 'Weather API',
    codePrefix: 'WEATHER',
    authority,
    tenantId: tenant.tenantId,
    appId: weatherApi.appId,
    callers: [{ clientId: tenant.agents.weather.id, isAgent: true }],
    permissions: { autonomous: weatherApi.role, obo: weatherApi.scope },
  } satisfies ResourceServerOptions
}

/** Starts an API that responds with what it found in the token (`validated`), and an issuer of tokens for this API. */
export async function startProtectedApi(
  options: Partial<ResourceServerOptions> & Pick<FastifyResourceServerOptions, 'needsOf'> = {},
): Promise<ProtectedApi> {
  const issuer = await createIssuer()
  const app = Fastify()
  await app.register(resourceServer, { ...weatherApiOptions(issuer.url), ...options })
  app.get('/', async ({ access }) => describeAccess(access))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const get = async (path: string, headers: readonly string[] = []) =>
    (await rawGet(`${url}${path}`, headers)) as ApiResponse
  return {
    url,
    issuer,
    get,
    ask: token => get('/', ['authorization', `Bearer ${token}`]),
    async close() {
      await Promise.all([app.close(), issuer.close()])
    },
  }
}
