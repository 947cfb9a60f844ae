import type { EnvironmentReader } from '@entra-agents/service-kit'
import { type Flow, flowNames, flows, mapFlows, type NeededRight } from '@entra-agents/trace'

/** The names of an app role and of a delegated scope. */
type Permissions = Readonly<Record<NeededRight['kind'], string>>

/** An API that the agent calls with a token of its own (TR). */
export interface DownstreamApi {
  /** The API's name in kebab-case, as the actor in traces and as `upstream.service` in problems. */
  readonly name: string
  /** The API's name for people. */
  readonly title: string
  /** Without a trailing slash. */
  readonly url: string
  /** Path of a health check without a token; `undefined` if there is none. */
  readonly healthPath: string | undefined
  /** Client id of the API's application: the audience of TR. */
  readonly appId: string
  /** The sidecar's `DownstreamApis` entry for each flow, with `RequestAppToken` for app roles and without it for scopes. */
  readonly sidecarEntries: Readonly<Record<Flow, string>>
  /** The one scope that the sidecar's entry for users asks for; if absent, the entry asks for all granted scopes. */
  readonly scope?: string
  /** The only authentication contexts that the API may demand of users; if absent, it may demand any. */
  readonly authenticationContexts?: readonly string[]
  /** The flows in which the API is called. */
  readonly flows: readonly Flow[]
  /** The app role or scope that TR must carry, by flow; `undefined` if only the API knows it. */
  readonly permissions: Permissions | undefined
  /** If `permissions` is undefined: the only scopes of the API that users may be asked to consent to. */
  readonly scopes?: readonly string[] | undefined
  /** How long it may take until a response to `fetch` begins, and pause within it, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number | undefined
  /** How long a response to `fetch` may be. Default: 16 MiB. */
  readonly maxResponseBytes?: number | undefined
  /** Whether the agent works without the API. Its failures then do not affect the status of sidecar and flows. */
  readonly isOptional?: boolean
}

/** The part of an API's definition that is in code; the rest is configuration. */
export interface ApiDefinition extends Pick<DownstreamApi, 'name' | 'title'> {
  readonly permissions: Permissions
  readonly defaultUrl?: string
}

/**
 * @internal Reads an API's configuration: `tasks-api` has the variables `TASKS_API_URL` and `TASKS_API_APP_ID`, and the sidecar's
 * entries `tasksApp` and `tasks`. Without either variable the agent does not have the API: `undefined`.
 */
export function readDownstreamApi(
  env: EnvironmentReader,
  { defaultUrl, ...definition }: ApiDefinition,
): DownstreamApi | undefined {
  const variable = variablePrefix(definition.name)
  if (!env.optional(`${variable}_URL`) && !env.optional(`${variable}_APP_ID`)) return undefined
  return {
    ...definition,
    url: env.url(`${variable}_URL`, defaultUrl),
    healthPath: '/readyz',
    appId: env.guid(`${variable}_APP_ID`),
    sidecarEntries: nameSidecarEntries(sidecarEntryOf(definition.name)),
    flows: flowNames,
  }
}

/** The prefix of an API's variables: `TASKS_API` for `tasks-api`. */
export function variablePrefix(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

/** The name that the sidecar's entries for an API begin with: `tasks` for `tasks-api`. */
export function sidecarEntryOf(name: string): string {
  return name.replace(/-api$/, '').replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}

/** The sidecar's entries for an API: `tasksApp` where TR has an app role, `tasks` where it has a scope. */
export function nameSidecarEntries(entry: string): DownstreamApi['sidecarEntries'] {
  return mapFlows(flow => `${entry}${flows[flow].sidecarEntry.suffix}`)
}
