import type { ApiRegistration } from '@entra-bedrock-agent/demo-tenant'
import { describeShapeFaults, type EnvironmentReader } from '@entra-bedrock-agent/service-kit'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Guid, Name } from './objects.ts'

/** An API that is registered in the tenant beside the weather API. */
export interface Registration extends ApiRegistration {
  /** Whether an administrator has consented to its scopes for all users; default: yes. */
  readonly adminConsent?: boolean
}

const exact = { additionalProperties: false } as const
const Entry = Type.Object(
  {
    appId: Guid,
    displayName: Type.Optional(Name),
    scopes: Type.Array(Name),
    appRoles: Type.Array(Name),
    adminConsent: Type.Optional(Type.Boolean()),
  },
  exact,
)
const Shape = Type.Object({ apis: Type.Record(Type.String(), Type.Unknown()) }, exact)

/**
 * Reads the APIs of the file that `REGISTRATIONS_FILE` names, by their names; none without it. Every fault is the
 * environment's.
 */
export function readRegistrations(
  env: EnvironmentReader,
  takenIds: readonly string[],
): ReadonlyMap<string, Registration> {
  const registrations = new Map<string, Registration>()
  const content = env.jsonFile('REGISTRATIONS_FILE')
  if (content === undefined) return registrations
  const file = `${env.text('REGISTRATIONS_FILE')} (REGISTRATIONS_FILE)`
  if (!Compile(Shape).Check(content)) {
    env.fault(`${file} must be {"apis": {"<name>": {…}}} and nothing else.`)
    return registrations
  }
  for (const [name, entry] of Object.entries(content.apis)) {
    const ids = [...takenIds, ...[...registrations.values()].map(({ appId }) => appId)]
    const faults = findFaults(name, entry, ids)
    for (const fault of faults) env.fault(`${file}, API "${name}": ${fault}.`)
    if (faults.length === 0) registrations.set(name, describe(name, entry as Static<typeof Entry>))
  }
  return registrations
}

function findFaults(name: string, entry: unknown, takenIds: readonly string[]): readonly string[] {
  const shape = Compile(Entry)
  const ofName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) ? [] : ['its name must be in kebab-case']
  if (!shape.Check(entry)) return [...ofName, ...describeShapeFaults(shape.Errors(entry))]
  const isTaken = takenIds.includes(entry.appId.toLowerCase())
  return [...ofName, ...(isTaken ? [`appId ${entry.appId} is taken`] : [])]
}

function describe(name: string, entry: Static<typeof Entry>): Registration {
  return { displayName: name, ...entry, appId: entry.appId.toLowerCase() }
}
