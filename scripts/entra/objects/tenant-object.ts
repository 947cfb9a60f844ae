import type { Mistake } from '../../set-up/mistake.ts'
import { type Graph, GraphRefusal, type GraphRequest, type Json } from '../graph.ts'
import type { Recorded } from '../receipt.ts'
import type { Settings } from '../settings.ts'

/** What a caller needs: a permission of the token and a role of the user, the least that do. */
export interface Access {
  readonly permission: string
  readonly role: string
}

/** What each kind of request takes; `POST` stands for those that are not named. */
export type AccessByMethod = Readonly<Partial<Record<GraphRequest['method'], Access>> & { POST: Access }>

export const developer = 'Agent ID Developer'
export const administrator = 'Agent ID Administrator'
export const consenter = 'Cloud Application Administrator'
export const applicationAccess: AccessByMethod = {
  POST: { permission: 'Application.ReadWrite.All', role: consenter },
}

/** What the tenant's objects are made from. */
export interface Target {
  readonly settings: Settings
  readonly setUpId: string
  readonly disabledAgents: readonly string[]
  readonly nowMs: () => number
  /** The blueprint's secret, as the sidecar finds it. */
  readonly secret: () => string | undefined
  readonly userAddress: (id: string) => string
  /** What is known of an object by now. */
  readonly recorded: (key: string) => Recorded | undefined
}

export interface Found {
  readonly object?: Json | undefined
  /** Why it can neither be used nor made: the caller has to decide something. */
  readonly fault?: Mistake | undefined
  /** Whether Graph keeps it from this caller. */
  readonly isHidden?: boolean
}

/** One object that is wanted in the tenant. Ids of others are read when they are needed: they change while things are made. */
export interface TenantObject {
  /** Its name in the receipt. */
  readonly key: string
  /** Its name for people. */
  readonly title: string
  readonly access: AccessByMethod
  /** Keys of what it can't be there without. */
  readonly needs: readonly string[]
  /** Looks for it: where the receipt says, else by what it is. */
  find(graph: Graph): Promise<Found>
  /** The request that makes it. */
  create(): GraphRequest
  /** Requests that clear away what earlier ones of this kind left behind, before it is made. */
  clear?(graph: Graph): Promise<readonly GraphRequest[]>
  /** The properties that it must have. */
  properties?(): Json
  /** Where it is read, corrected and deleted. */
  address?(): string
  /** Whether it is to be switched on, for what can be switched off. */
  isOn?(): boolean
  /** The key of what takes it along when that is deleted. */
  readonly goesWith?: string
  /** It is made along with what it goes with, and by itself only when it got lost since. */
  readonly comesAlong?: true
  /** Entra makes as many as it is asked for, and only their name tells them from others. */
  readonly isFoundByName?: true
}

/** All wanted objects of one kind, in the order in which they can be made. */
export type Kind = (target: Target) => readonly TenantObject[]

/** The object id, or what stands for it where a request is only shown. */
export function idOf({ recorded }: Target, key: string): string {
  return recorded(key)?.id ?? `<id of ${key}>`
}

/** The client id, or what stands for it where a request is only shown. */
export function appIdOf({ recorded }: Target, key: string): string {
  return recorded(key)?.appId ?? `<client id of ${key}>`
}

/** The object at an address, if it is recorded. */
export async function readRecorded(
  graph: Graph,
  { recorded }: Target,
  { key, address }: TenantObject,
): Promise<Json | undefined> {
  return recorded(key) && address ? graph.read(address()) : undefined
}

/** The member of a list that it is. */
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

/** The users of a new blueprint or agent, which are named when it is made. */
export function bindUsers({ settings: { sponsors, owners }, userAddress }: Target): Json {
  return {
    'sponsors@odata.bind': sponsors.map(userAddress),
    ...(owners.length > 0 ? { 'owners@odata.bind': owners.map(userAddress) } : {}),
  }
}
