import type { ApiRegistration } from '@entra-agents/demo-tenant'
import { strictObject } from '@entra-agents/emulator-kit'
import { describeShapeFaults, type EnvironmentReader } from '@entra-agents/service-kit'
import { type Static, type TObject, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Guid, Name } from './objects.ts'

/** An API that is registered in the tenant besides the weather API. */
export interface OtherApiRegistration extends ApiRegistration {
  /** Whether an administrator has consented to its scopes for all users; default: yes. */
  readonly adminConsent?: boolean
}

/** A client besides the page and the agents. Administrators have consented to what it may do at its APIs. */
export interface ClientRegistration {
  readonly appId: string
  readonly displayName: string
  /** Names of the APIs that it may call: on behalf of users with the APIs' scopes, as itself with the APIs' app roles. */
  readonly apis: readonly string[]
  /** Redirect URIs, if users sign in to it. */
  readonly redirectUris: readonly string[]
  /** The client secret; a client without a secret is public and acts for users only. */
  readonly secret: string | undefined
}

export interface Registrations {
  readonly apis: ReadonlyMap<string, OtherApiRegistration>
  readonly clients: readonly ClientRegistration[]
}

const ApiEntry = strictObject({
  appId: Guid,
  displayName: Type.Optional(Name),
  scopes: Type.Array(Name),
  appRoles: Type.Array(Name),
  adminConsent: Type.Optional(Type.Boolean()),
})
const ClientEntry = strictObject({
  appId: Guid,
  displayName: Type.Optional(Name),
  apis: Type.Array(Name),
  redirectUris: Type.Optional(Type.Array(Type.String({ pattern: '^https?://' }))),
  secret: Type.Optional(Type.String({ minLength: 8 })),
})
const Entries = Type.Record(Type.String(), Type.Unknown())
const RegistrationsFile = strictObject({ apis: Type.Optional(Entries), clients: Type.Optional(Entries) })

/** Reads the file that `REGISTRATIONS_FILE` names, if any. Faults in the file are reported as configuration faults. */
export function readRegistrations(env: EnvironmentReader, takenIds: readonly string[]): Registrations {
  const content = env.jsonFile('REGISTRATIONS_FILE') ?? {}
  const file = `${env.text('REGISTRATIONS_FILE', 'none')} (REGISTRATIONS_FILE)`
  if (!Compile(RegistrationsFile).Check(content)) {
    env.fault(
      `${file} must be {"apis": {"<name>": {…}}, "clients": {"<name>": {…}}}, either or both, and nothing else.`,
    )
    return { apis: new Map(), clients: [] }
  }
  const ids = [...takenIds]
  /** The valid entries; faults of the others are reported. */
  const read = <Shape extends TObject>(what: string, entries: Static<typeof Entries>, shape: Shape) =>
    Object.entries(entries).flatMap(([name, entry]) => {
      const faults = findEntryFaults(name, entry, shape, ids)
      for (const fault of faults) env.fault(`${file}, ${what} "${name}": ${fault}.`)
      if (faults.length > 0) return []
      const right = entry as Static<Shape> & { appId: string }
      const appId = right.appId.toLowerCase()
      ids.push(appId)
      return [[name, { displayName: name, ...right, appId }] as const]
    })
  return {
    apis: new Map(read('API', content.apis ?? {}, ApiEntry)),
    clients: read('client', content.clients ?? {}, ClientEntry).map(
      ([, { redirectUris = [], secret, ...client }]) => ({
        ...client,
        redirectUris,
        secret,
      }),
    ),
  }
}

function findEntryFaults(
  name: string,
  entry: unknown,
  shape: TObject,
  takenIds: readonly string[],
): readonly string[] {
  const compiled = Compile(shape)
  const ofName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) ? [] : ['its name must be in kebab-case']
  if (!compiled.Check(entry)) return [...ofName, ...describeShapeFaults(compiled.Errors(entry))]
  const appId = String(entry['appId'])
  return [...ofName, ...(takenIds.includes(appId.toLowerCase()) ? [`appId ${appId} is taken`] : [])]
}
