import { Type } from 'typebox'
import { type Fault, hasShape, quote } from '../errors/shape.ts'
import { type EntryOf, type Kind, namePattern, SeedFile, shapes } from './schema.ts'

/** An entry of the file, such as an application. */
export interface Named<Entry> {
  readonly name: string
  /** What faults call it, such as `app "orders"`; its id is derived from that, too. */
  readonly title: string
  readonly entry: Entry
}

/** The content of a seed file: its shape is right, the names in it may be wrong. */
export type Seed = NonNullable<ReturnType<typeof readShape>>

/** Checks the shape of a seed, entry by entry, and reports each fault; `undefined` if there is any. */
export function readShape(content: unknown, fault: Fault) {
  let isRight = true
  const tell: Fault = sentence => {
    isRight = false
    fault(sentence)
  }
  if (!hasShape(SeedFile, content, 'the file', tell)) return undefined
  const { tenant, users, groups, apps } = content
  const blueprints = readEntries('blueprint', content.blueprints, tell)
  const seed = {
    tenant: typeof tenant === 'string' ? { name: tenant } : tenant,
    users: readEntries('user', users, tell),
    /** `undefined` if the file does not list them: then there are those that users are in. */
    groups: groups === undefined ? undefined : readEntries('group', groups, tell),
    apps: readEntries('app', apps, tell),
    policies: readEntries('policy', content.policies, tell),
    blueprints,
    agents: blueprints.flatMap(({ name, entry }) =>
      readEntries('agent', entry.agents, tell).map(agent => ({ ...agent, blueprint: name })),
    ),
  }
  return isRight ? seed : undefined
}

/** The entries of a mapping from names. A name without a value is an entry without members. */
function readEntries<What extends Kind>(
  what: What,
  mapping: unknown,
  fault: Fault,
): readonly Named<EntryOf<What>>[] {
  if (!hasShape(Mapping, mapping ?? {}, `${what}s`, fault)) return []
  return Object.entries(mapping ?? {}).flatMap(([name, value]) => {
    const title = `${what} ${quote(name)}`
    const entry: unknown = value ?? {}
    const isNamed = new RegExp(namePattern).test(name)
    const needed = 'a name of at most 64 letters, digits, ".", "_" and "-", the first a letter or digit'
    if (!isNamed) fault(`${title} needs ${needed}`)
    const isRight = isNamed && hasShape(shapes[what], entry, title, fault)
    return isRight ? [{ name, title, entry: entry as EntryOf<What> }] : []
  })
}

const Mapping = Type.Object({})
