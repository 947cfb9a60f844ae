import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Application, FederatedIdentityCredential } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { opaque } from '../tokens/opaque.ts'
import {
  FederatedCredentialPatch,
  Key,
  NewFederatedCredential,
  NewPassword,
  Query,
  RemovedPassword,
} from './bodies.ts'
import { type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { alreadyExists, badRequest, notFound } from './graph-error.ts'
import { collection, findApplication } from './odata.ts'

const CredentialKey = Type.Object({ key: Type.String(), credential: Type.String() })
const twoYearsMs = 2 * 365 * 24 * 3_600_000
const mostFederated = 20
const federatedPath = '/applications/:key/federatedIdentityCredentials'

/** Secrets and federated credentials of applications. */
export const credentialRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  const writable = (caller: Caller, key: string): Application => {
    const application = findApplication(entra, key)
    if (application.kind === 'application') requirePermission(caller, 'Application.ReadWrite.All')
    else requireAgentPermission(caller, 'AgentIdentityBlueprint.AddRemoveCreds.All')
    return application
  }

  app.post(
    '/applications/:key/addPassword',
    { schema: { params: Key, body: NewPassword } },
    async ({ body: { passwordCredential = {} }, caller, params }) => {
      const { passwordCredentials } = writable(caller, params.key)
      const now = entra.clock.nowMs()
      const credential = {
        keyId: randomUUID(),
        displayName: null,
        startDateTime: new Date(now).toISOString(),
        endDateTime: new Date(now + twoYearsMs).toISOString(),
        ...passwordCredential,
        secretText: opaque(30),
      }
      passwordCredentials.push(credential)
      return { ...credential, hint: credential.secretText.slice(0, 3) }
    },
  )

  app.post(
    '/applications/:key/removePassword',
    { schema: { params: Key, body: RemovedPassword } },
    async ({ body, caller, params }, reply) => {
      const application = writable(caller, params.key)
      const others = application.passwordCredentials.filter(({ keyId }) => keyId !== body.keyId)
      if (others.length === application.passwordCredentials.length)
        throw badRequest(`No password credential found with keyId '${body.keyId}'.`)
      application.passwordCredentials = others
      return reply.code(204).send()
    },
  )

  app.get(
    federatedPath,
    { schema: { params: Key, querystring: Query } },
    async ({ caller, params, query }) => {
      const { federatedIdentityCredentials } = writable(caller, params.key)
      return collection('federatedIdentityCredentials', federatedIdentityCredentials, query)
    },
  )

  app.post(
    federatedPath,
    { schema: { params: Key, body: NewFederatedCredential } },
    async ({ body, caller, params }, reply) =>
      reply.code(201).send(addFederated(writable(caller, params.key), body)),
  )

  app.get(
    `${federatedPath}/:credential`,
    { schema: { params: CredentialKey } },
    async ({ caller, params }) =>
      findFederated(writable(caller, params.key), params.credential) ?? notFound(params.credential),
  )

  // With `Prefer: create-if-missing` an upsert, for addresses that name the credential.
  app.patch(
    `${federatedPath}/:credential`,
    { schema: { params: CredentialKey, body: FederatedCredentialPatch } },
    async ({ body, caller, headers, params }, reply) => {
      const application = writable(caller, params.key)
      const known = findFederated(application, params.credential)
      if (!known) {
        const { issuer, subject, audiences } = body
        const name = /^name=(.+)$/i.exec(params.credential)?.[1]
        if (name === undefined || headers['prefer'] !== 'create-if-missing') notFound(params.credential)
        if (!issuer || !subject || !audiences)
          throw badRequest('A new federated credential needs an issuer, a subject and audiences.')
        return reply.code(201).send(addFederated(application, { ...body, issuer, subject, audiences, name }))
      }
      checkUnique(application, { ...known, ...body })
      Object.assign(known, body)
      return reply.code(204).send()
    },
  )

  app.delete(
    `${federatedPath}/:credential`,
    { schema: { params: CredentialKey } },
    async ({ caller, params }, reply) => {
      const application = writable(caller, params.key)
      const gone = findFederated(application, params.credential) ?? notFound(params.credential)
      application.federatedIdentityCredentials = application.federatedIdentityCredentials.filter(
        known => known !== gone,
      )
      return reply.code(204).send()
    },
  )
}

function addFederated(
  application: Application,
  body: Static<typeof NewFederatedCredential>,
): FederatedIdentityCredential {
  const credentials = application.federatedIdentityCredentials
  if (credentials.length >= mostFederated)
    throw badRequest(`An application has at most ${mostFederated} federated identity credentials.`)
  const added = { description: null, ...body, id: randomUUID() }
  checkUnique(application, added)
  credentials.push(added)
  return added
}

function checkUnique(
  { federatedIdentityCredentials }: Application,
  { id, name, issuer, subject }: FederatedIdentityCredential,
): void {
  const others = federatedIdentityCredentials.filter(other => other.id !== id)
  if (others.some(other => other.name === name))
    throw alreadyExists(`FederatedIdentityCredential with name ${name} already exists.`)
  if (others.some(other => other.issuer === issuer && other.subject === subject))
    throw alreadyExists('FederatedIdentityCredential with this issuer and subject already exists.')
}

/** By its id or its name. */
function findFederated(
  { federatedIdentityCredentials }: Application,
  key: string,
): FederatedIdentityCredential | undefined {
  const wanted = key.replace(/^name=/i, '')
  return federatedIdentityCredentials.find(({ id, name }) => id === wanted || name === wanted)
}
