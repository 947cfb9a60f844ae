import * as wellKnown from '@entra-agents/trace/well-known'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { directoryAccessAsUser } from '../directory/microsoft.ts'
import type { Application, ServicePrincipal } from '../directory/objects.ts'
import { EntraError } from '../errors/entra-error.ts'
import { isWithinLifetime, readOwnToken } from '../tokens/jwt.ts'

type Kind = (Application | ServicePrincipal)['kind']

export type Caller = Readonly<Awaited<ReturnType<typeof readCaller>>>

/** The caller of Graph, from the bearer token, which must be issued by this tenant, for Graph, and not expired. */
export async function readCaller({ entra, headers }: FastifyRequest) {
  const [scheme, jwt] = headers.authorization?.split(' ') ?? []
  if (scheme?.toLowerCase() !== 'bearer' || !jwt) throw invalidTokenError('Access token is empty.')
  const claims = await readOwnToken(entra, jwt)
  if (!claims)
    throw invalidTokenError('Access token validation failure. The signature or issuer is not valid.')
  if (claims.aud !== wellKnown.graphUri && claims.aud !== wellKnown.graphAppId)
    throw invalidTokenError('Access token validation failure. Invalid audience.')
  if (!isWithinLifetime(entra, claims))
    throw invalidTokenError('Lifetime validation failed, the token is expired.')
  const scopes = typeof claims['scp'] === 'string' ? claims['scp'].split(' ') : undefined
  const roles = Array.isArray(claims['roles']) ? claims['roles'].map(String) : []
  return {
    appId: String(claims['appid'] ?? claims['azp']),
    /** The signed-in user; absent for an application that acts as itself. */
    userId: scopes ? String(claims['oid']) : undefined,
    permissions: new Set(scopes ?? roles),
  }
}

/** Permissions that, as Graph's reference says, no higher one includes. */
const singular = ['AgentIdentity.DeleteRestore.All']

/** Whether a caller has one of these permissions, or a higher one: `X.ReadWrite.All` includes the others on X. */
export function hasPermission({ permissions }: Caller, ...sufficient: readonly string[]): boolean {
  const higher = (one: string) => (singular.includes(one) ? one : `${one.split('.')[0]}.ReadWrite.All`)
  return sufficient.some(one => permissions.has(one) || permissions.has(higher(one)))
}

/** Refuses a caller who has none of these permissions, and no higher one. */
export function requirePermission(caller: Caller, ...sufficient: readonly string[]): void {
  if (!hasPermission(caller, ...sufficient)) throw denied()
}

/** For requests about agents: as `requirePermission`, but refuses every token with the broad scope of the Azure CLI. */
export function requireAgentPermission(caller: Caller, ...sufficient: readonly string[]): void {
  requirePermission(caller, ...(caller.permissions.has(directoryAccessAsUser) ? [] : sufficient))
}

/** The permission to change applications and their principals. */
export const applicationPermission = 'Application.ReadWrite.All'

/** Refuses a caller without the permission for an object of this kind, which for blueprints and agents is `agentPermission`. */
export function requireByKind(caller: Caller, { kind }: { readonly kind: Kind }, agentPermission: string) {
  if (kind === 'application' || kind === 'servicePrincipal') requirePermission(caller, applicationPermission)
  else requireAgentPermission(caller, agentPermission)
}

function invalidTokenError(message: string): GraphError {
  return new GraphError('InvalidAuthenticationToken', message, 401)
}

/** A refusal of Graph (https://learn.microsoft.com/graph/errors). */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly code: string

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function badRequest(message: string): GraphError {
  return new GraphError('Request_BadRequest', message)
}

export function denied(message = 'Insufficient privileges to complete the operation.'): GraphError {
  return new GraphError('Authorization_RequestDenied', message, 403)
}

export function throwNotFound(id: string): never {
  throw new GraphError('Request_ResourceNotFound', `Resource '${id}' does not exist.`, 404)
}

export function alreadyThere(property: string): GraphError {
  return badRequest(
    `One or more added object references already exist for the following modified properties: '${property}'.`,
  )
}

export function duplicateError(message: string): GraphError {
  return new GraphError('Request_MultipleObjectsWithSameKeyValue', message, 409)
}

/** Sends all refusals of Graph's routes in Graph's format, injected faults included. */
export function sendGraphErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = toGraphError(error)
    if (status === 500) request.log.error({ err: error }, 'Unexpected error.')
    const { traceId, correlationId, timestamp } = request.trace
    const date = timestamp.replace(' ', 'T').replace('Z', '')
    const innerError = { date, 'request-id': traceId, 'client-request-id': correlationId }
    if (error instanceof EntraError) reply.headers(error.headers)
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).send({ error: { code, message, innerError } })
  })
}

const codesByStatus: Readonly<Record<number, string>> = { 429: 'TooManyRequests', 503: 'ServiceUnavailable' }

function toGraphError(error: unknown): GraphError {
  if (error instanceof GraphError) return error
  const { statusCode = 500, message = '' } = error as Partial<FastifyError>
  const status = error instanceof EntraError ? error.status : statusCode
  return status === 500
    ? new GraphError('InternalServerError', 'An unexpected error occurred.', 500)
    : new GraphError(codesByStatus[status] ?? 'Request_BadRequest', message, status)
}
