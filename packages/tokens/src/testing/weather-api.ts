import { AccessRefused } from '../access-refused.ts'
import type { RequestLike } from '../bearer-token.ts'
import type { ResourceServerOptions } from '../options.ts'
import { createResourceServer } from '../resource-server.ts'
import { autonomousClaims, onBehalfOfClaims, weatherApi } from './agent-claims.ts'
import { sampleIds } from './sample-ids.ts'
import { type Claims, createIssuer, type TestIssuer } from './token-issuer.ts'

/** The options of the weather API's token check. */
export function weatherApiOptions(authority: string) {
  return {
    name: 'weather-api',
    title: 'Weather API',
    codePrefix: 'WEATHER',
    authority,
    tenantId: sampleIds.tenantId,
    appId: weatherApi.appId,
    callers: [{ clientId: sampleIds.agentClientId, isAgent: true }],
    permissions: { autonomous: weatherApi.role, obo: weatherApi.scope },
  } satisfies ResourceServerOptions
}

const tokensWith =
  (claimsOf: typeof autonomousClaims) =>
  ({ url: authority, sign }: TestIssuer, claims: Claims = {}, version: 'v1' | 'v2' = 'v2') =>
    sign(claimsOf({ authority, claims, version }))

/** A token of the agent for the weather API. */
export const agentToken = tokensWith(autonomousClaims)
/** A token of the agent on behalf of Ada. */
export const userToken = tokensWith(onBehalfOfClaims)

/** The token check of the weather API, with an issuer of its tokens. */
export async function createWeatherApi(options: Partial<ResourceServerOptions> = {}) {
  const issuer = await createIssuer()
  const server = createResourceServer({ ...weatherApiOptions(issuer.url), ...options })
  /** The refusal of a request; `undefined` if the request is let in. */
  const refusalOf = async (request: RequestLike): Promise<AccessRefused | undefined> => {
    try {
      await server.authorize(request)
      return undefined
    } catch (error) {
      if (error instanceof AccessRefused) return error
      throw error
    }
  }
  return {
    issuer,
    server,
    refusalOf,
    /** The status of the response to a request with this token. */
    statusOf: async (token: string) => (await refusalOf(`Bearer ${token}`))?.status ?? 200,
    close: () => Promise.all([server.close(), issuer.close()]),
  }
}
