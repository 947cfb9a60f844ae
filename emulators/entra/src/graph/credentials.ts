import { randomUUID } from 'node:crypto'
import type { Application, FederatedIdentityCredential } from '../directory/objects.ts'
import { opaqueValue } from '../tokens/opaque.ts'
import { badRequest, duplicateError, requireByKind, throwNotFound } from './access.ts'
import { credentialPermission } from './applications.ts'
import { FederatedCredentialPatch, NewFederatedCredential, NewPassword, PasswordRemoval } from './bodies.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const twoYearsMs = 2 * 365 * 24 * 3_600_000
const federatedPath = '/applications/:key/federatedIdentityCredentials'

/** Secrets and federated credentials of applications. */
export function addCredentialRoutes(routes: GraphRoutes): void {
  routes.act('/applications/:key/addPassword', NewPassword, request => {
    const { passwordCredentials } = writable(request)
    const now = request.entra.clock.nowMs()
    const credential = {
      keyId: randomUUID(),
      displayName: null,
      startDateTime: new Date(now).toISOString(),
      endDateTime: new Date(now + twoYearsMs).toISOString(),
      ...request.body.passwordCredential,
      secretText: opaqueValue(30),
    }
    passwordCredentials.push(credential)
    return { ...credential, hint: credential.secretText.slice(0, 3) }
  })
  routes.act('/applications/:key/removePassword', PasswordRemoval, request => {
    const application = writable(request)
    const { keyId } = request.body
    const others = application.passwordCredentials.filter(known => known.keyId !== keyId)
    if (others.length === application.passwordCredentials.length)
      throw badRequest(`No password credential found with keyId '${keyId}'.`)
    application.passwordCredentials = others
  })

  routes.list(federatedPath, request => writable(request).federatedIdentityCredentials)
  routes.create(federatedPath, NewFederatedCredential, request => {
    const { federatedIdentityCredentials: known } = writable(request)
    const added = { description: null, ...request.body, id: randomUUID() }
    checkUnique(known, added)
    known.push(added)
    return added
  })
  routes.change(`${federatedPath}/:part`, FederatedCredentialPatch, request => {
    const { federatedIdentityCredentials: known } = writable(request)
    const changed = findNamed(known, request.part)
    checkUnique(known, { ...changed, ...request.body })
    Object.assign(changed, request.body)
  })
  routes.remove(`${federatedPath}/:part`, request => {
    const { federatedIdentityCredentials: known } = writable(request)
    known.splice(known.indexOf(findNamed(known, request.part)), 1)
  })
}

function writable({ application, caller }: GraphRequest): Application {
  requireByKind(caller, application, credentialPermission)
  return application
}

type Credentials = readonly FederatedIdentityCredential[]

function checkUnique(known: Credentials, { id, name, issuer, subject }: FederatedIdentityCredential): void {
  const others = known.filter(other => other.id !== id)
  if (others.some(other => other.name === name))
    throw duplicateError(`FederatedIdentityCredential with name ${name} already exists.`)
  if (others.some(other => other.issuer === issuer && other.subject === subject))
    throw duplicateError('FederatedIdentityCredential with this issuer and subject already exists.')
}

function findNamed(known: Credentials, key: string) {
  return known.find(({ id, name }) => id === key || name === key) ?? throwNotFound(key)
}
