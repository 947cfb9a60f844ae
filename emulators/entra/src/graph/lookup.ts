import type { Application, ServicePrincipal } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { badRequest, notFound } from './graph-error.ts'

const byAppId = 'appid='

/** An application by its object id, or by `appId=…`. */
export function findApplication(entra: Entra, key: string): Application {
  const wanted = key.toLowerCase()
  const application = wanted.startsWith(byAppId)
    ? entra.directory.application(wanted.slice(byAppId.length))
    : entra.directory.content.applications.find(({ id }) => id === wanted)
  if (!application) throw notFound(key)
  return application
}

/** A service principal by its object id, or by `appId=…`. */
export function findServicePrincipal(entra: Entra, key: string): ServicePrincipal {
  const wanted = key.toLowerCase()
  const principal = wanted.startsWith(byAppId)
    ? entra.directory.principal(wanted.slice(byAppId.length))
    : entra.directory.principalById(wanted)
  if (!principal) throw notFound(key)
  return principal
}

/** Ids of the users that `…@odata.bind` names by their addresses. */
export function readBoundUsers(entra: Entra, addresses: readonly string[] = []): string[] {
  return addresses.map(address => {
    const id = /\/(?:users|directoryObjects)\/([^/]+)$/i.exec(address)?.[1]
    const user = id === undefined ? undefined : entra.directory.user(id)
    if (!user) throw badRequest(`'${address}' names no user of this tenant.`)
    return user.id
  })
}
