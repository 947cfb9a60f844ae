import { Mistake } from '../set-up/mistake.ts'
import { type Graph, GraphRefusal, type GraphRequest, type Json } from './graph.ts'
import type { Recorded } from './receipt.ts'

/** What a caller needs: a permission of the token and a role of the user, the least that do. */
export interface Access {
  readonly permission: string
  readonly role: string
}

export type AccessByMethod = Readonly<Partial<Record<GraphRequest['method'], Access>> & { POST: Access }>

/** One object of the tenant as it should be, and the addresses by which it is found, made, corrected and deleted. */
export interface Resource {
  /** Its name in the receipt. */
  readonly key: string
  /** Its name for people. */
  readonly title: string
  /** What each kind of request takes; `POST` stands for those that are not named. */
  readonly access: AccessByMethod
  /** Keys of what it can't be looked for without. */
  readonly needs: readonly string[]
  readonly find: {
    /** An object, or a collection that has it. */
    readonly path: string
    /** Which one of the collection it is. */
    readonly is?: (candidate: Json) => boolean
    /** Several may have the name by which it is found. */
    readonly isByName?: boolean
    /** Where in the response the collection is, if not in `value`. */
    readonly within?: string
    /** Members that aren't it and are taken for it by people: the same name. */
    readonly isNamesake?: (candidate: Json) => boolean
    /** Graph shows it to some callers only. */
    readonly mayBeForbidden?: boolean
  }
  /** Where it is corrected and deleted, and read. */
  readonly addressOf?: (id: string) => string
  /** It can be read as a member of its collection only. */
  readonly isListedOnly?: boolean
  /** It is there and of no use any more. */
  readonly isLost?: () => boolean
  readonly create: GraphRequest
  /** Clears the way for `create`. */
  readonly prepare?: (graph: Graph) => Promise<void>
  /** What its properties must be. */
  readonly desired: Json
  /** What `status` compares too, and `apply` leaves alone. */
  readonly watched?: Json
  /** The key of what takes it along when that is deleted. */
  readonly goesWith?: string
  /** It is made along with that as well, and by itself only when it got lost since. */
  readonly comesAlong?: boolean
  readonly idOf?: (object: Json) => string
}

export interface Located {
  readonly found?: Json | undefined
  readonly namesake?: Json | undefined
  /** Whether Graph keeps it from this caller. */
  readonly isHidden?: boolean
}

/** Looks for an object: where the receipt says, else by what it is. */
export async function locate(
  graph: Graph,
  { addressOf, isListedOnly, find }: Resource,
  recorded: Recorded | undefined,
): Promise<Located> {
  const known = recorded && addressOf && !isListedOnly ? await graph.read(addressOf(recorded.id)) : undefined
  if (known) return { found: known }
  const { path, mayBeForbidden = false } = find
  let body: Json | undefined
  try {
    body = await graph.read(path, { mayBeForbidden })
  } catch (error) {
    if (mayBeForbidden && error instanceof GraphRefusal && error.status === 403) return { isHidden: true }
    throw error
  }
  const listed = body?.[find.within ?? 'value']
  const candidates = Array.isArray(listed) ? (listed as Json[]) : body ? [body] : []
  return {
    found: candidates.find(candidate => find.is?.(candidate) ?? true),
    namesake: candidates.find(candidate => find.isNamesake?.(candidate)),
  }
}

export function toRecord({ idOf }: Resource, object: Json, nowMs: number): Recorded {
  const { appId } = object
  return {
    id: idOf ? idOf(object) : String(object['id']),
    ...(typeof appId === 'string' ? { appId } : {}),
    recordedAt: new Date(nowMs).toISOString(),
  }
}

/** @throws {Mistake} when the tenant has such an object of somebody else, and nothing is to be made beside it. */
export function refuseNamesake({ title }: Resource, { found, namesake }: Located, receiptPath: string): void {
  if (found || !namesake) return
  throw new Mistake(
    `${title}: the tenant has one of that name already (${namesake['id']}), which ${receiptPath} does not know.`,
    'Use the receipt of the run that made it (--receipt), or choose other names (--blueprint-name, --api-name, --page-name).',
  )
}
