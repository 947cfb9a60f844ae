import { randomUUID } from 'node:crypto'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Application, ServicePrincipal, User } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { issueAccessToken } from '../tokens/access-token.ts'

const Text = Type.String({ minLength: 1, maxLength: 500 })
const Seconds = Type.Integer({ minimum: -315_360_000, maximum: 315_360_000 })
const ConsentTarget = Type.Object(
  { client: Text, resource: Text, person: Type.Optional(Text) },
  { additionalProperties: false },
)
const Consent = Type.Object({ ...ConsentTarget.properties, scope: Text }, { additionalProperties: false })
const RoleAssignment = Type.Object(
  { client: Text, resource: Text, role: Text },
  { additionalProperties: false },
)
const TokenOrder = Type.Object(
  {
    client: Text,
    resource: Text,
    person: Type.Optional(Text),
    scopes: Type.Optional(Type.Array(Text, { maxItems: 50 })),
    roles: Type.Optional(Type.Array(Text, { maxItems: 50 })),
    lifetimeSeconds: Type.Optional(Seconds),
    claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
)

/** Tokens to order, consents and role assignments, by the names that people use for them. */
export const directoryControls: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.post('/tokens', { schema: { body: TokenOrder } }, async ({ body }) => {
    const client = findPrincipal(entra, body.client)
    const { application, principal } = findResource(entra, body.resource)
    const person = body.person === undefined ? undefined : findPerson(entra, body.person)
    const { jwt, expiresInSeconds } = await issueAccessToken(entra, {
      client,
      proof: person ? '0' : '2',
      resource: { application, principal, identifier: body.resource },
      ...(person ? { person: { user: person, scopes: body.scopes ?? [], sessionId: 'emulator' } } : {}),
      roles: body.roles ?? [],
      ...(body.lifetimeSeconds === undefined ? {} : { lifetimeSeconds: body.lifetimeSeconds }),
      overrides: body.claims ?? {},
    })
    return { access_token: jwt, expires_in: expiresInSeconds }
  })

  app.post('/consents', { schema: { body: Consent } }, async ({ body }, reply) => {
    const person = body.person === undefined ? undefined : findPerson(entra, body.person)
    const grant = entra.directory.grant({
      clientId: findPrincipal(entra, body.client).id,
      consentType: person ? 'Principal' : 'AllPrincipals',
      principalId: person?.id ?? null,
      resourceId: findResource(entra, body.resource).principal.id,
      scope: body.scope,
    })
    return reply.code(201).send(grant)
  })
  app.delete('/consents', { schema: { querystring: ConsentTarget } }, async ({ query }, reply) => {
    const clientId = findPrincipal(entra, query.client).id
    const resourceId = findResource(entra, query.resource).principal.id
    const principalId = query.person === undefined ? undefined : findPerson(entra, query.person).id
    const { content } = entra.directory
    content.permissionGrants = content.permissionGrants.filter(
      grant =>
        grant.clientId !== clientId ||
        grant.resourceId !== resourceId ||
        (principalId !== undefined && grant.principalId !== principalId),
    )
    return reply.code(204).send()
  })

  app.post('/role-assignments', { schema: { body: RoleAssignment } }, async ({ body }, reply) => {
    const assignment = assignmentOf(entra, body)
    entra.directory.content.appRoleAssignments.push({
      ...assignment,
      id: randomUUID(),
      createdDateTime: new Date(entra.clock.nowMs()).toISOString(),
    })
    return reply.code(201).send(assignment)
  })
  app.delete('/role-assignments', { schema: { querystring: RoleAssignment } }, async ({ query }, reply) => {
    const gone = assignmentOf(entra, query)
    const { content } = entra.directory
    content.appRoleAssignments = content.appRoleAssignments.filter(
      known =>
        known.principalId !== gone.principalId ||
        known.resourceId !== gone.resourceId ||
        known.appRoleId !== gone.appRoleId,
    )
    return reply.code(204).send()
  })
}

function assignmentOf(
  entra: Entra,
  { client, resource, role }: { client: string; resource: string; role: string },
) {
  const { application, principal } = findResource(entra, resource)
  const appRole = application.appRoles.find(({ value }) => value === role)
  if (!appRole) throw unknown('app role', role)
  return { principalId: findPrincipal(entra, client).id, resourceId: principal.id, appRoleId: appRole.id }
}

function findPrincipal(entra: Entra, client: string): ServicePrincipal {
  const principal = entra.directory.principal(client)
  if (!principal) throw unknown('client', client)
  return principal
}

function findResource(
  entra: Entra,
  resource: string,
): { application: Application; principal: ServicePrincipal } {
  const application = entra.directory.resource(resource)
  if (!application) throw unknown('resource', resource)
  return { application, principal: findPrincipal(entra, application.appId) }
}

/** By object id or user name. */
function findPerson(entra: Entra, person: string): User {
  const user = entra.directory.user(person) ?? entra.directory.userByName(person)
  if (!user) throw unknown('person', person)
  return user
}

function unknown(what: string, name: string): ProblemError {
  return new ProblemError(
    'UNKNOWN_OBJECT',
    { status: 404, title: 'The directory has no such object.', hint: 'GET / lists what it holds.' },
    `There is no ${what} "${name}".`,
  )
}
