import type { Mistake } from '../../set-up/mistake.ts'
import { type Graph, GraphRefusal, type GraphRequest, type Json } from '../graph.ts'
import type { Recorded } from '../receipt.ts'
import type { Settings } from '../settings.ts'
import type { AccessByMethod } from './access.ts'

/** What the settings want in a tenant, and what the receipt records of the tenant. */
interface Plan {
  readonly settings: Settings
  readonly setUpId: string
  readonly disabledAgents: readonly string[]
  /** Users who made the recorded objects: Entra makes them owners. */
  readonly makers?: readonly string[]
  readonly nowMs: () => number
  /** The blueprint's secret that the sidecar is configured with. */
  readonly secret: () => string | undefined
  readonly userAddress: (id: string) => string
  /** What the receipt records of an object at the moment. */
  readonly recorded: (key: string) => Recorded | undefined
}

/** What the tenant's objects are made from. */
export interface Target extends Plan {
  /** The object id, or a placeholder where a request is only shown. */
  idOf(key: string): string
  /** The client id, or a placeholder where a request is only shown. */
  appIdOf(key: string): string
  /** Whether an object has the id that is recorded under the key. */
  isRecorded(key: string, object: Json): boolean
}

export function toTarget(plan: Plan): Target {
  const { recorded } = plan
  return {
    ...plan,
    idOf: key => recorded(key)?.id ?? `<id of ${key}>`,
    appIdOf: key => recorded(key)?.appId ?? `<client id of ${key}>`,
    isRecorded: (key, { id }) => id !== undefined && recorded(key)?.id === id,
  }
}

/** An object by its key in the receipt and its name for people. */
export interface Named {
  readonly key: string
  readonly title: string
}

export interface Found {
  readonly object?: Json | undefined
  /** Why the object can neither be used nor made, if the caller has to decide something first. */
  readonly fault?: Mistake | undefined
  /** Whether Graph does not show it to this caller. */
  readonly isHidden?: boolean
}

/** One object that is wanted in the tenant. Ids of other objects are read when needed: they change while objects are made. */
export interface TenantObject {
  /** The object's name in the receipt. */
  readonly key: string
  /** The object's name for people. */
  readonly title: string
  readonly access: AccessByMethod
  /** Keys of the objects that have to exist before this one. */
  readonly needs: readonly string[]
  /** Finds the object by the id in the receipt, else by its properties. */
  find(graph: Graph): Promise<Found>
  /** The request that makes the object. */
  create(): GraphRequest
  /** Requests that remove leftovers of this kind before the object is made. */
  clear?(graph: Graph): Promise<readonly GraphRequest[]>
  /** The properties that the object must have. */
  properties?(): Json
  /** The address at which the object is read, corrected and deleted. */
  address?(): string
  /** The request that removes the object, unless that is a DELETE at its address. */
  remove?(): GraphRequest
  /** Whether it should be enabled. Only objects that can be disabled have this method. */
  isOn?(): boolean
  /** The key of the object with which Entra deletes it. */
  readonly goesWith?: string
  /** Entra also makes the object together with that of `goesWith`; set-up makes it only if it was deleted since. */
  readonly comesAlong?: true
  /** The object can be found only by name or parent, so the receipt records the request that makes it, and who made it. */
  readonly isFoundByName?: true
  /** The object's fault, if any, is found before anything is made. */
  readonly isCheckedFirst?: true
}

/** A list of the tenant that should have nothing in it but what is wanted. */
export interface Collection {
  /** The key of the object that the list belongs to. */
  readonly of: string
  /** The list's name for people. */
  readonly title: string
  list(graph: Graph): Promise<readonly Json[]>
  isWanted(member: Json): boolean
  /** Describes a member in words. */
  describe(member: Json): string
  /** What follows the description of a member, to say whose member it is. */
  readonly whose?: string
  /** Faults apart from unwanted members, such as a disabled sponsor or none at all. */
  faultsOf?(members: readonly Json[]): readonly string[]
  /** Others may use the list's members, which are deleted with the object that the list belongs to. */
  readonly isNeededByOthers?: true
  /** The request that deletes a member, unless Entra deletes members with what they belong to. */
  remove?(member: Json): GraphRequest
}

/** One kind of object. */
export interface Kind {
  /** All wanted objects of this kind, in the order in which they can be made. */
  readonly wanted: (target: Target) => readonly TenantObject[]
  /** The tenant's lists that may contain unwanted members. */
  readonly collections?: (target: Target) => readonly Collection[]
}

/** The object at an address, if it is recorded. */
export async function readRecorded(
  graph: Graph,
  { recorded }: Target,
  { key, address }: TenantObject,
): Promise<Json | undefined> {
  return recorded(key) && address ? graph.read(address()) : undefined
}

/** The member of a list for which `is` holds. */
export async function findListed(
  graph: Graph,
  path: string,
  is: (member: Json) => boolean,
  isHiddenFromSome = false,
): Promise<Found> {
  try {
    return { object: (await graph.list(path, { mayBeForbidden: isHiddenFromSome })).find(is) }
  } catch (error) {
    if (isHiddenFromSome && error instanceof GraphRefusal && error.status === 403) return { isHidden: true }
    throw error
  }
}

export function quote(text: string): string {
  return encodeURIComponent(text.replaceAll("'", "''"))
}

export function agentKey(name: string): string {
  return `agent/${name}`
}

export function agentUserKey(name: string): string {
  return `${agentKey(name)}/user`
}

export function applicationsOf({ settings }: Target): readonly Named[] {
  return [
    { key: 'blueprint', title: `blueprint "${settings.blueprintName}"` },
    { key: 'page', title: `application "${settings.pageName}"` },
    { key: 'weather-api', title: `application "${settings.apiName}"` },
  ]
}

export function agentsOf({ settings }: Target): readonly (Named & { readonly name: string })[] {
  return settings.agents.map(name => ({ name, key: agentKey(name), title: `agent identity "${name}"` }))
}

/** The principals that permissions and memberships could be given to. */
export function principalsOf(target: Target): readonly Named[] {
  return [
    { key: 'blueprint-principal', title: 'principal of the blueprint' },
    { key: 'page-principal', title: 'principal of the page' },
    ...agentsOf(target),
  ]
}

/** The users of a new blueprint or agent, which are named when it is made. */
export function bindUsers({ settings: { sponsors, owners }, userAddress }: Target): Json {
  return {
    'sponsors@odata.bind': sponsors.map(userAddress),
    ...(owners.length > 0 ? { 'owners@odata.bind': owners.map(userAddress) } : {}),
  }
}
