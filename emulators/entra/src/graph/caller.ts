import * as wellKnown from '@entra-agents/trace/well-known'
import type { FastifyRequest } from 'fastify'
import { directoryAccessAsUser } from '../directory/microsoft.ts'
import type { Application, ServicePrincipal } from '../directory/objects.ts'
import { isWithinLifetime, readOwnToken } from '../tokens/jwt.ts'
import { denied, GraphError } from './graph-error.ts'

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

/** Refuses a caller who has none of these permissions, and no higher one: `X.ReadWrite.All` includes the others on X. */
export function requirePermission({ permissions }: Caller, ...sufficient: readonly string[]): void {
  const higher = (one: string) => (singular.includes(one) ? one : `${one.split('.')[0]}.ReadWrite.All`)
  if (!sufficient.some(one => permissions.has(one) || permissions.has(higher(one)))) throw denied()
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
