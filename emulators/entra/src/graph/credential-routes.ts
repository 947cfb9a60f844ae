import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Application, FederatedIdentityCredential } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { opaque } from '../tokens/opaque.ts'
import {
  FederatedCredentialPatch,
  GonePassword,
  NewFederatedCredential,
  NewInheritablePermission,
  NewPassword,
} from './bodies.ts'
import { type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { alreadyExists, badRequest, GraphError, notFound } from './graph-error.ts'
import { limits } from './limits.ts'
import { findApplication, findServicePrincipal } from './lookup.ts'
import { collection } from './odata.ts'
import { showInheritablePermission } from './views.ts'

const Key = Type.Object({ key: Type.String() })
const CredentialKey = Type.Object({ key: Type.String(), credential: Type.String() })
const twoYearsMs = 2 * 365 * 24 * 3_600_000
const maxInheritableResources = 10

/** Secrets, federated credentials, and what a blueprint's agents inherit. */
export const credentialRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  const application = (caller: Caller, key: string): Application => {
    const found = findApplication(entra, key)
    requireCredentialWrite(caller, found)
    return found
  }

  app.post(
    '/applications/:key/addPassword',
    { schema: { params: Key, body: NewPassword } },
    async ({ body: { passwordCredential = {} }, caller, params }) => {
      const { passwordCredentials } = application(caller, params.key)
      if (passwordCredentials.length >= limits.passwordsPerApplication)
        throw badRequest('The application has as many secrets as it may have.')
      const now = entra.clock.nowMs()
      const credential = {
        keyId: randomUUID(),
        displayName: passwordCredential.displayName ?? null,
        startDateTime: passwordCredential.startDateTime ?? new Date(now).toISOString(),
        endDateTime: passwordCredential.endDateTime ?? new Date(now + twoYearsMs).toISOString(),
        secretText: opaque(30),
      }
      passwordCredentials.push(credential)
      return { ...credential, hint: credential.secretText.slice(0, 3) }
    },
  )

  app.post(
    '/applications/:key/removePassword',
    { schema: { params: Key, body: GonePassword } },
    async ({ body, caller, params }, reply) => {
      const { passwordCredentials } = application(caller, params.key)
      const index = passwordCredentials.findIndex(({ keyId }) => keyId === body.keyId)
      if (index < 0) throw badRequest('No password credential found with the keyId.')
      passwordCredentials.splice(index, 1)
      return reply.code(204).send()
    },
  )

  app.post('/servicePrincipals/:key/addPassword', { schema: { params: Key } }, async ({ caller, params }) => {
    requirePermission(caller, 'Application.ReadWrite.All', 'AgentIdentityBlueprint.AddRemoveCreds.All')
    const { kind } = findServicePrincipal(entra, params.key)
    if (kind === 'agentIdentity')
      throw new GraphError(
        400,
        'AgentIdentity_CredentialsNotSupported',
        'Credentials are not supported on an agent identity; its blueprint holds them.',
      )
    throw badRequest('Secrets of service principals are not emulated here; add one to the application.')
  })

  app.get(
    '/applications/:key/federatedIdentityCredentials',
    { schema: { params: Key, querystring: Type.Record(Type.String(), Type.String()) } },
    async ({ caller, params, query }) => {
      const found = application(caller, params.key)
      const shown = found.federatedIdentityCredentials.map(credential => ({ ...credential }))
      return collection(`applications('${found.id}')/federatedIdentityCredentials`, shown, query)
    },
  )

  app.post(
    '/applications/:key/federatedIdentityCredentials',
    { schema: { params: Key, body: NewFederatedCredential } },
    async ({ body, caller, params }, reply) => {
      const credentials = application(caller, params.key).federatedIdentityCredentials
      if (credentials.length >= limits.federatedCredentialsPerApplication)
        throw badRequest(
          `An application has at most ${limits.federatedCredentialsPerApplication} federated identity credentials.`,
        )
      if (credentials.some(({ name }) => name === body.name))
        throw alreadyExists(`FederatedIdentityCredential with name ${body.name} already exists.`)
      checkUnique(credentials, body)
      const credential = { description: null, ...body, id: randomUUID() }
      credentials.push(credential)
      return reply.code(201).send(credential)
    },
  )

  app.get(
    '/applications/:key/federatedIdentityCredentials/:credential',
    { schema: { params: CredentialKey } },
    async ({ caller, params }) => find(application(caller, params.key), params.credential),
  )

  app.patch(
    '/applications/:key/federatedIdentityCredentials/:credential',
    { schema: { params: CredentialKey, body: FederatedCredentialPatch } },
    async ({ body, caller, params }, reply) => {
      const found = application(caller, params.key)
      const credential = find(found, params.credential)
      checkUnique(
        found.federatedIdentityCredentials.filter(other => other !== credential),
        { ...credential, ...body },
      )
      Object.assign(credential, body)
      return reply.code(204).send()
    },
  )

  app.delete(
    '/applications/:key/federatedIdentityCredentials/:credential',
    { schema: { params: CredentialKey } },
    async ({ caller, params }, reply) => {
      const found = application(caller, params.key)
      const credential = find(found, params.credential)
      found.federatedIdentityCredentials = found.federatedIdentityCredentials.filter(
        known => known !== credential,
      )
      return reply.code(204).send()
    },
  )

  app.get(
    '/applications/:key/inheritablePermissions',
    { schema: { params: Key } },
    async ({ caller, params }) => {
      const { inheritablePermissions } = application(caller, params.key)
      return collection('inheritablePermissions', inheritablePermissions.map(showInheritablePermission), {})
    },
  )

  app.post(
    '/applications/:key/inheritablePermissions',
    { schema: { params: Key, body: NewInheritablePermission } },
    async ({ body, caller, params }, reply) => {
      const blueprint = application(caller, params.key)
      if (blueprint.kind !== 'agentIdentityBlueprint')
        throw badRequest('Only an agent identity blueprint has inheritable permissions.')
      if (blueprint.inheritablePermissions.some(({ resourceAppId }) => resourceAppId === body.resourceAppId))
        throw alreadyExists('Inheritable permissions for this resource exist already.')
      if (blueprint.inheritablePermissions.length >= maxInheritableResources)
        throw badRequest(
          `A blueprint has inheritable permissions for at most ${maxInheritableResources} resources.`,
        )
      const permission = {
        resourceAppId: body.resourceAppId.toLowerCase(),
        inheritsAllScopes: body.inheritableScopes !== undefined,
        inheritsAllRoles: body.inheritableRoles !== undefined,
      }
      blueprint.inheritablePermissions.push(permission)
      return reply.code(201).send(showInheritablePermission(permission))
    },
  )
}

function requireCredentialWrite(caller: Caller, { kind }: Application): void {
  if (kind === 'application') requirePermission(caller, 'Application.ReadWrite.All')
  else
    requireAgentPermission(
      caller,
      'AgentIdentityBlueprint.AddRemoveCreds.All',
      'AgentIdentityBlueprint.ReadWrite.All',
    )
}

function checkUnique(
  others: readonly FederatedIdentityCredential[],
  { issuer, subject }: { issuer: string; subject: string },
): void {
  if (others.some(other => other.issuer === issuer && other.subject === subject))
    throw alreadyExists('FederatedIdentityCredential with this issuer and subject already exists.')
}

/** By its id or its name. */
function find({ federatedIdentityCredentials }: Application, key: string): FederatedIdentityCredential {
  const credential = federatedIdentityCredentials.find(({ id, name }) => id === key || name === key)
  if (!credential) throw notFound(key)
  return credential
}
