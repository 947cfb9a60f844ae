import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { type RawResponse, rawGet } from '@entra-agents/tokens/testing/raw-request'
import { type Claims, createIssuer, type TestIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { buildApp, type Dependencies } from '@entra-agents/weather-api/app'
import { readConfig } from '@entra-agents/weather-api/config'
import type { FastifyInstance } from 'fastify'
import type { ForecastDay } from '../../../services/weather-api/src/weather/provider.ts'
import { identities } from '../../support/identities.ts'

export interface ApiResponse extends RawResponse {
  readonly body: ResponseBody
}

/** The members of all responses, weather and problems. */
interface ResponseBody {
  readonly status: number | string
  readonly code: string
  readonly detail: string
  readonly failedCheck: string
  readonly upstream: { readonly service: string; readonly status?: number }
  readonly city: string
  readonly region: string
  readonly source: string
  readonly condition: string
  readonly temperature_c: number
  readonly temperature_f: number
  readonly observed_at: string
  readonly days: readonly ForecastDay[]
  readonly validated: {
    readonly flow: string
    readonly caller: string
    readonly on_behalf_of: string | null
    readonly signature_verified: boolean
  }
}

export interface RunningWeatherApi extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly url: string
  readonly issuer: TestIssuer
  /** GET with raw headers: names and values alternate, and are sent exactly as given. */
  get(path: string, headers?: readonly string[]): Promise<ApiResponse>
  /** GET with one bearer token. */
  ask(token: string, path?: string): Promise<ApiResponse>
  /** A token of the agent that calls as itself, or on behalf of Ada, with these claims besides the usual ones. */
  autonomous(claims?: Claims, header?: Claims): string
  onBehalfOf(claims?: Claims): string
  close(): Promise<void>
}

/** A weather API on a real socket that trusts the tokens of this authority. */
export async function startWeatherOf(
  authority: string,
  env: Readonly<Record<string, string>>,
  dependencies: Dependencies = {},
  port = 0,
): Promise<FastifyInstance> {
  const ids = {
    TENANT_ID: identities.tenantId,
    WEATHER_API_APP_ID: identities.weatherAppId,
    AGENT_CLIENT_ID: identities.agentId,
  }
  const settings = { ENTRA_AUTHORITY: authority, WEATHER_PROVIDER: 'climate-normals', LOG_LEVEL: 'silent' }
  const app = await buildApp(readConfig({ ...ids, ...settings, ...env }), dependencies)
  await app.listen({ host: '127.0.0.1', port })
  return app
}

/** A weather API on a real socket, trusting a new issuer. */
export async function startWeatherApi(
  env: Readonly<Record<string, string>> = {},
  dependencies: Dependencies = {},
): Promise<RunningWeatherApi> {
  const issuer = await createIssuer()
  const app = await startWeatherOf(issuer.url, env, dependencies)
  const url = app.listeningOrigin
  const get = async (path: string, headers: readonly string[] = []) =>
    (await rawGet(`${url}${path}`, headers, 'weather-api')) as ApiResponse
  const close = async () => void (await Promise.all([app.close(), issuer.close()]))

  return {
    app,
    url,
    issuer,
    get,
    ask: (token, path = '/weather?city=Dallas') => get(path, ['authorization', `Bearer ${token}`]),
    autonomous: (claims = {}, header) =>
      issuer.sign(autonomousClaims({ authority: issuer.url, claims }), header),
    onBehalfOf: (claims = {}) => issuer.sign(onBehalfOfClaims({ authority: issuer.url, claims })),
    close,
    [Symbol.asyncDispose]: close,
  }
}
