import { isGuid } from '@entra-agents/service-kit'
import { flowNames } from '@entra-agents/trace'
import type { AgentIdentity, Blueprint } from './agent-identity.ts'
import { type DownstreamApi, nameSidecarEntries, sidecarEntryOf } from './downstream-api.ts'
import type { Log } from './log.ts'
import type { IdentityTiming } from './timing.ts'
import type { TokenSource } from './token-source.ts'

/** An agent identity of the blueprint. By default it may call all APIs, in all flows that it can: `agent-user` needs `agentUserId`. */
export type AgentOptions = Pick<AgentIdentity, 'clientId'> &
  Partial<Pick<AgentIdentity, 'agentUserId' | 'apis' | 'flows'>>

/**
 * An API, or an MCP server, that agents call. Tokens for it go to its `url` and to what is below it, and nowhere else. By default its
 * title is its name, all scopes that are granted are asked for (`.default`), and it may ask users for any authentication context.
 */
export type ApiOptions = Pick<DownstreamApi, 'url' | 'appId'> &
  Partial<Omit<DownstreamApi, 'url' | 'appId' | 'name'>> & {
    /** The sidecar's `DownstreamApis` entry: for users by this name, for the agent itself with `App` at its end. Default: `tasks` for `tasks-api`. */
    readonly sidecarEntry?: string
  }

export interface IdentityClientOptions<Agents extends string = string, Apis extends string = string> {
  readonly tenantId: string
  /** Client id of the agent identity blueprint: the audience of users' tokens. */
  readonly blueprintAppId: string
  /** The agents by name. */
  readonly agents: Readonly<Record<Agents, AgentOptions>>
  /** The APIs by name, in kebab-case. */
  readonly apis: Readonly<Record<Apis, ApiOptions>>
  /** Where the agents' tokens come from: `sidecar({ url })`, or `msal({ … })` of the entry `/msal`. */
  readonly tokens: TokenSource
  /** Entra's origin. Default: `https://login.microsoftonline.com`. */
  readonly authority?: string
  /** Client ids of the applications that may obtain users' tokens for the agents. Default: any. */
  readonly allowedClients?: readonly string[]
  /** Gets a line for each token that was issued or refused. Default: nothing is logged. */
  readonly log?: Log
  /** @internal Tests have shorter times. */
  readonly timing?: IdentityTiming
}

/** What traces accept as an actor. */
const actorName = /^[a-z][a-z0-9-]{0,62}$/

/**
 * The options of a client as its inside has them.
 *
 * @throws {TypeError} for what cannot be right, such as an id that is no GUID
 */
export function readOptions(options: IdentityClientOptions) {
  const blueprint: Blueprint = {
    authority: readUrl('authority', options.authority ?? 'https://login.microsoftonline.com'),
    tenantId: readId('tenantId', options.tenantId),
    blueprintAppId: readId('blueprintAppId', options.blueprintAppId),
  }
  const apis = Object.entries(options.apis).map(([name, api]) => readApi(name, api))
  const agents = Object.entries(options.agents).map(([name, agent]) =>
    readAgent(name, agent, blueprint, apis),
  )
  return { blueprint, agents, apis }
}

function readAgent(
  name: string,
  { clientId, agentUserId, apis: allowed, flows: chosen, ...more }: AgentOptions,
  blueprint: Blueprint,
  apis: readonly DownstreamApi[],
): AgentIdentity {
  const unknown = allowed?.find(one => !apis.some(api => api.name === one))
  if (unknown !== undefined)
    throw new TypeError(`The agent ${name} has the API ${unknown}, but there is none.`)
  const flows = chosen ?? flowNames.filter(flow => flow !== 'agent-user' || agentUserId !== undefined)
  if (flows.includes('agent-user') && agentUserId === undefined)
    throw new TypeError(`The agent ${name} has the flow agent-user, but no agentUserId.`)
  return {
    ...more,
    ...blueprint,
    name,
    clientId: readId(`clientId of the agent ${name}`, clientId),
    ...(agentUserId === undefined
      ? {}
      : { agentUserId: readId(`agentUserId of the agent ${name}`, agentUserId) }),
    flows,
    ...(allowed ? { apis: allowed } : {}),
  }
}

function readApi(name: string, { sidecarEntry = sidecarEntryOf(name), ...api }: ApiOptions): DownstreamApi {
  if (!actorName.test(name)) throw new TypeError(`The name of the API ${name} must be in kebab-case.`)
  return {
    healthPath: undefined,
    sidecarEntries: nameSidecarEntries(sidecarEntry),
    flows: flowNames,
    permissions: undefined,
    ...api,
    name,
    title: api.title ?? name,
    url: readUrl(`URL of the API ${name}`, api.url),
    appId: readId(`appId of the API ${name}`, api.appId),
  }
}

function readId(what: string, id: string): string {
  if (!isGuid(id)) throw new TypeError(`The ${what} must be a GUID; it is "${id}".`)
  return id.toLowerCase()
}

/** A URL as others are compared with it, without a trailing slash. */
function readUrl(what: string, text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new TypeError(`The ${what} must be http or https, without credentials, query and fragment.`)
  return url.href.replace(/\/$/, '')
}
