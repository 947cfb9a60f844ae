import type { Mistake } from '../../set-up/mistake.ts'
import { hasAll } from '../differences.ts'
import { type Graph, GraphRefusal, type GraphRequest, type Json } from '../graph.ts'
import type { Receipt, RecordedObject } from '../receipt.ts'
import type { AccessByMethod } from './access.ts'

/** What the settings want in a tenant, and what the receipt records of the tenant. */
interface Plan extends Pick<Receipt, 'settings' | 'setUpId' | 'disabledAgents' | 'makers'> {
  readonly nowMs: () => number
  /** The blueprint's secret that the sidecar is configured with. */
  readonly secret: () => string | undefined
  readonly userAddress: (id: string) => string
  /** What the receipt records of an object at the moment. */
  readonly recorded: (key: string) => RecordedObject | undefined
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
export interface NamedObject {
  readonly key: string
  readonly title: string
}

export interface Found {
  readonly object?: Json | undefined
  /** Why the object can neither be used nor made before the caller has decided something, for example about a namesake. */
  readonly fault?: Mistake | undefined
  /** Whether Graph hides the object from this caller. */
  readonly isHidden?: boolean
}

/** A wanted object of the tenant. It reads ids of other objects only when it needs them: ids change while objects are made. */
export interface TenantObject extends NamedObject {
  readonly access: AccessByMethod
  /** Keys of the objects that have to exist before this one. */
  readonly needs: readonly string[]
  /** Finds the object by the id in the receipt, else by its properties. */
  find(graph: Graph): Promise<Found>
  create(): GraphRequest
  /** Requests that remove leftovers of this kind before the object is made. */
  clear?(graph: Graph): Promise<readonly GraphRequest[]>
  properties?(): Json
  /** The address at which the object is read, corrected and deleted. */
  address?(): string
  /** The request that removes the object; absent if it is a DELETE at the object's address. */
  remove?(): GraphRequest
  /** Whether the object should be enabled. Only objects that can be disabled have this method. */
  isOn?(): boolean
  /** The key of another object: Entra deletes this object together with that one. */
  readonly goesWith?: string
  /** Entra makes this object when the object of `goesWith` is made; set-up makes it only if it was deleted afterwards. */
  readonly comesAlong?: true
  /** The object can be found only by name or parent, so the receipt records the request that makes it, and who made it. */
  readonly isFoundByName?: true
  /** Set-up looks for a fault of this object before it makes anything. */
  readonly isCheckedFirst?: true
}

/** A list in the tenant that should contain only wanted members. */
export interface Collection {
  /** The key of the object that the list belongs to. */
  readonly ownerKey: string
  readonly title: string
  /** What the members are, where the owner has lists of several kinds that have to be told apart. */
  readonly kind?: 'credentials' | 'owners and sponsors' | 'clients' | 'inheritable permissions'
  list(graph: Graph): Promise<readonly Json[]>
  isWanted(member: Json): boolean
  describe(member: Json): string
  /** Words after a member's description that say where it belongs, such as ` of the blueprint`. */
  readonly suffix?: string
  /** Faults besides unwanted members: for instance, a sponsor is disabled, or there is none. */
  faultsOf?(members: readonly Json[]): readonly string[]
  /** Somebody else may need the members of this list, which are deleted together with the object that the list belongs to. */
  readonly isNeededByOthers?: true
  /** The request that deletes a member; absent if Entra deletes the members together with the object that `ownerKey` names. */
  remove?(member: Json): GraphRequest
}

export interface Kind {
  /** All wanted objects of this kind, in the order in which they can be made. */
  readonly wanted: (target: Target) => readonly TenantObject[]
  /** The tenant's lists that may contain unwanted members. */
  readonly collections?: (target: Target) => readonly Collection[]
}

/** Reads the object at its address, if the receipt records the object. */
export async function readRecorded(
  graph: Graph,
  { recorded }: Target,
  { key, address }: TenantObject,
): Promise<Json | undefined> {
  return recorded(key) && address ? graph.read(address()) : undefined
}

/** The member of a list that has the wanted properties. */
export async function findListed(
  graph: Graph,
  path: string,
  wanted: Json,
  isHiddenFromSome = false,
): Promise<Found> {
  try {
    const members = await graph.list(path, { mayBeForbidden: isHiddenFromSome })
    return { object: members.find(one => hasAll(wanted, one)) }
  } catch (error) {
    if (isHiddenFromSome && error instanceof GraphRefusal && error.status === 403) return { isHidden: true }
    throw error
  }
}

export function quoteForFilter(text: string): string {
  return encodeURIComponent(text.replaceAll("'", "''"))
}

export function agentKey(name: string): string {
  return `agent/${name}`
}

export function agentUserKey(name: string): string {
  return `${agentKey(name)}/user`
}

export function applicationsOf({ settings }: Target): readonly NamedObject[] {
  return [
    { key: 'blueprint', title: `blueprint "${settings.blueprintName}"` },
    { key: 'page', title: `application "${settings.pageName}"` },
    { key: 'weather-api', title: `application "${settings.apiName}"` },
  ]
}

export function agentsOf({ settings }: Target): readonly (NamedObject & { readonly name: string })[] {
  return settings.agents.map(name => ({ name, key: agentKey(name), title: `agent identity "${name}"` }))
}

/** The principals that permissions and memberships could be given to. */
export function principalsOf(target: Target): readonly NamedObject[] {
  return [
    { key: 'blueprint-principal', title: 'principal of the blueprint' },
    { key: 'page-principal', title: 'principal of the page' },
    ...agentsOf(target),
  ]
}

/** The applications, and those principals of applications, that may have owners and credentials. */
export function registrationsOf(target: Target): readonly (NamedObject & { readonly path: () => string })[] {
  const at = (path: string) => (one: NamedObject) => ({
    ...one,
    path: () => `${path}/${target.idOf(one.key)}`,
  })
  const principals = principalsOf(target).filter(({ key }) => key.endsWith('-principal'))
  return [...applicationsOf(target).map(at('/applications')), ...principals.map(at('/servicePrincipals'))]
}

/** The sponsors and owners of a new blueprint or agent, as a part of the request that makes it. */
export function bindUsers({ settings: { sponsors, owners }, userAddress }: Target): Json {
  return {
    'sponsors@odata.bind': sponsors.map(userAddress),
    ...(owners.length > 0 ? { 'owners@odata.bind': owners.map(userAddress) } : {}),
  }
}
