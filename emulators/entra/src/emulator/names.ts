import { commonProblem } from '@entra-agents/service-kit'
import type { ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import type { TargetResource } from '../tokens/access-token.ts'

// The control plane takes names in place of ids; the protocol has ids only. Capital letters make no difference.

/** The application or agent with this client id, name in the seed, or display name. */
export const findClientByName = ({ config, directory }: Entra, name: string): ServicePrincipal =>
  directory.principal(config.seed.ids.clients.get(name) ?? name) ??
  findOne('client', name, directory.content.servicePrincipals)

/** The user with this object id, user name, name in the seed, or display name. */
export const findUserByName = ({ config, directory }: Entra, name: string): User =>
  directory.user(config.seed.ids.users.get(name) ?? name) ?? findOne('user', name, directory.content.users)

/** The API with this client id, identifier URI, name in the seed, or display name. */
export function findResourceByName({ config, directory }: Entra, name: string): TargetResource {
  const id = config.seed.ids.clients.get(name)
  const known = directory.resource(id ?? name)
  if (known) return { ...known, identifier: id ? (known.application.identifierUris[0] ?? id) : name }
  const resources = directory.resources.map(resource => {
    const { appId, displayName, identifierUris } = resource.application
    return { ...resource, displayName, identifier: identifierUris[0] ?? appId }
  })
  return findOne('resource', name, resources)
}

function findOne<One extends { readonly displayName: string }>(
  what: string,
  name: string,
  all: readonly One[],
): One {
  const wanted = name.toLowerCase()
  const [found, ...others] = all.filter(({ displayName }) => displayName.toLowerCase() === wanted)
  if (found && others.length === 0) return found
  const names = [...new Set(all.map(one => `"${one.displayName}"`))].slice(0, 20)
  const why = found
    ? `The directory has ${others.length + 1} objects of the name "${name}" that can be a ${what}: use an id.`
    : `The directory has no ${what} "${name}"; it has ${names.join(', ') || 'none'}.`
  throw commonProblem('INVALID_REQUEST', why)
}
