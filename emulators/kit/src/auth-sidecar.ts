import { buildApp } from '../../auth-sidecar/src/app.ts'
import { readConfig } from '../../auth-sidecar/src/config.ts'
import { inject, listen, type RunningEmulator } from './emulator.ts'
import type { EmulatedEntra } from './entra.ts'
import type { ReceivedRequest, TransportFault } from './wire.ts'

export interface SidecarOptions {
  readonly entra: Pick<EmulatedEntra, 'url' | 'tenantId' | 'id' | 'secretOf'>
  /** The name of a blueprint that has a secret in the seed. */
  readonly blueprint: string
  /** What tokens can be got for, by the names that requests to the sidecar have for it. */
  readonly apis: Readonly<Record<string, ApiEntry>>
  /** Default: 0, a free one. */
  readonly port?: number
}

export interface ApiEntry {
  /** The API's name in the seed. Default: the entry's own name. */
  readonly api?: string
  /** Names of the API's scopes, or whole scopes. Default: `.default`. */
  readonly scopes?: readonly string[]
  /** Whether agents get tokens of their own, with app roles. Default: tokens on behalf of users. */
  readonly appOnly?: boolean
  /** Where `/DownstreamApi` finds the API. */
  readonly baseUrl?: string
}

/** A running Auth SDK sidecar, which gets tokens for the agents of a blueprint. Only this machine can call it. */
export type EmulatedSidecar = Awaited<ReturnType<typeof startAuthSidecar>>

/** Starts a sidecar in this process, whose agents may be named by all requests. */
export async function startAuthSidecar(options: SidecarOptions) {
  const { entra, blueprint, apis, port } = options
  const entries = Object.entries(apis).flatMap(
    ([name, { api = name, scopes = ['.default'], appOnly, baseUrl }]) => {
      const whole = scopes.map(scope => (/[:/]/.test(scope) ? scope : `api://${entra.id(api)}/${scope}`))
      return Object.entries({
        ...Object.fromEntries(whole.map((scope, index) => [`Scopes__${index}`, scope])),
        RequestAppToken: String(appOnly ?? false),
        BaseUrl: baseUrl,
      }).map(([key, value]) => [`DownstreamApis__${name}__${key}`, value] as const)
    },
  )
  const config = readConfig({
    AzureAd__Instance: entra.url,
    AzureAd__TenantId: entra.tenantId,
    AzureAd__ClientId: entra.id(blueprint),
    AzureAd__ClientCredentials__0__SourceType: 'ClientSecret',
    AzureAd__ClientCredentials__0__ClientSecret: entra.secretOf(blueprint),
    Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: 'true',
    Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
    Logging__LogLevel__Default: 'None',
    ...Object.fromEntries(entries),
  })
  const app = buildApp(config)
  const handles: RunningEmulator<ReceivedRequest> = await listen(app, app.sidecar, { port })
  return Object.assign(handles, {
    /** Injects a fault into requests whose path begins with `path`. Refusals of Entra are injected into Entra. */
    fault(
      fault: TransportFault,
      options: { readonly path?: string; readonly times?: number } = {},
    ): Disposable {
      const { path = '/', ...limits } = options
      return inject(app.sidecar.faults, { target: { path }, fault, ...limits })
    },
  })
}
