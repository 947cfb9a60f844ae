import { createHash } from 'node:crypto'
import type { ProblemError } from '@entra-agents/service-kit'
import { sampleIds } from '@entra-agents/tokens/testing/sample-ids'
import Fastify, { type FastifyBaseLogger } from 'fastify'
import type { AgentIdentity } from '../agent-identity.ts'
import type { VerifiedUserToken } from '../agent-token.ts'
import type { DownstreamApi } from '../downstream-api.ts'

export const ids = { ...sampleIds, ordersApiAppId: '99999999-0000-4000-8000-0000000000c0' } as const

export const agent: AgentIdentity = {
  name: 'default',
  flows: ['autonomous', 'obo'],
  clientId: ids.agentClientId,
  agentUserId: ids.agentUser,
  blueprintAppId: ids.blueprintAppId,
  tenantId: ids.tenantId,
  authority: 'https://login.microsoftonline.com',
}

/** Another agent identity of the same blueprint. */
export const secondAgent: AgentIdentity = {
  ...agent,
  name: 'second',
  clientId: 'bbbbbbbb-0000-4000-8000-0000000000b2',
}

export const ordersApi: DownstreamApi = {
  name: 'orders-api',
  title: 'Orders API',
  url: 'http://localhost:8080',
  appId: ids.ordersApiAppId,
  healthPath: '/readyz',
  sidecarEntries: { autonomous: 'ordersApp', obo: 'orders', 'agent-user': 'orders' },
  flows: ['autonomous', 'obo', 'agent-user'],
  permissions: { role: 'Orders.Read.All', scope: 'Orders.Read' },
}

type Claims = Readonly<Record<string, unknown>>

/** No valid signature, but as long as those of Entra, so that an echo of it is found. */
export const signature = createHash('shake256', { outputLength: 256 }).update('TR').digest('base64url')

/** A token with these claims and no valid signature: the agent only carries TR, it does not verify it. */
export function unsignedToken(claims: Claims): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'test' }, claims].map(part =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return [...parts, signature].join('.')
}

const commonClaims = () => ({
  tid: ids.tenantId,
  aud: ids.ordersApiAppId,
  azp: ids.agentClientId,
  ver: '2.0',
  exp: 4_000_000_000,
})

/** Claims of TR in the autonomous flow. */
export function autonomousClaims(changes: Claims = {}): Claims {
  const { agentClientId } = ids
  return {
    ...commonClaims(),
    idtyp: 'app',
    oid: agentClientId,
    sub: agentClientId,
    roles: ['Orders.Read.All'],
    ...changes,
  }
}

/** Claims of TR in the on-behalf-of flow. */
export function onBehalfOfClaims(oid: string, changes: Claims = {}): Claims {
  return { ...commonClaims(), idtyp: 'user', oid, sub: `pairwise-${oid}`, scp: 'Orders.Read', ...changes }
}

/** A user's token as the verifier hands it on. */
export function verifiedUser(objectId: string, raw = `token-of-${objectId}`): VerifiedUserToken {
  return { raw, objectId, fingerprint: 'feedfeedfeed', header: {}, claims: { oid: objectId }, checks: [] }
}

/** The body of the sidecar's response with a token. */
export function authorizationHeader(claims: Claims): string {
  return JSON.stringify({ authorizationHeader: `Bearer ${unsignedToken(claims)}` })
}

/** The body of the sidecar's response to a failure: a problem (RFC 9457). */
export function sidecarProblem(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: 'Failure', status, detail })
}

/** A logger whose lines a test can read. */
export function recordingLogger(): { readonly logger: FastifyBaseLogger; readonly lines: readonly string[] } {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  return { logger: Fastify({ logger: { level: 'debug', stream } }).log, lines }
}

/** A problem as text: code and message, and below them who failed, what else the problem says, and its own hint, if any. */
export function describeProblem({ code, message, options }: ProblemError): string {
  const { upstream, extensions, hint } = options
  const members = Object.entries({ ...extensions, hint }).filter(([, value]) => value !== undefined)
  const lines = members.map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const from = upstream ? [`from: ${Object.values(upstream).join(', ')}`] : []
  return [`${code}: ${message}`, ...from, ...lines].join('\n  ')
}
