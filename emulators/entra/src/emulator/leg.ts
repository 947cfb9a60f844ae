import { tokenExchangeUri } from '@entra-agents/trace/well-known'
import type { FastifyRequest } from 'fastify'
import { isGraphUrl } from '../graph/paths.ts'

const tokenLegs = ['t1', 't2', 'tr', 'agent-user', 'obo', 'code', 'refresh'] as const

/** Parts of the protocol that a fault can be injected into; `token` stands for every token request. */
export const legs = [...tokenLegs, 'authorize', 'discovery', 'keys', 'graph', 'token'] as const
export type Leg = (typeof legs)[number]

/** Which part of the protocol a request belongs to; `undefined` for the emulator's own routes. */
export function legOf({ url, body }: FastifyRequest): Leg | undefined {
  const path = (url.split('?', 1)[0] ?? '').toLowerCase()
  if (path.endsWith('/oauth2/v2.0/token')) return tokenLegOf(formOf(body))
  if (path.endsWith('/oauth2/v2.0/authorize')) return 'authorize'
  if (path.endsWith('/openid-configuration') || path.endsWith('/discovery/instance')) return 'discovery'
  if (path.endsWith('/keys') && path.includes('/discovery/')) return 'keys'
  return isGraphUrl(path) ? 'graph' : undefined
}

/** Whether a fault for `target` applies to a request of a leg. */
export function coversLeg(target: Leg | undefined, leg: Leg): boolean {
  return target === undefined || target === leg || (target === 'token' && tokenLegs.some(one => one === leg))
}

export function formOf(body: unknown): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams()
}

const legOfGrant = new Map<string | null, Leg>([
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', 'obo'],
  ['authorization_code', 'code'],
  ['refresh_token', 'refresh'],
  ['user_fic', 'agent-user'],
])

function tokenLegOf(form: URLSearchParams): Leg {
  const leg = legOfGrant.get(form.get('grant_type'))
  if (leg !== undefined || form.has('fmi_path')) return leg ?? 't1'
  return form.get('scope')?.startsWith(tokenExchangeUri) ? 't2' : 'tr'
}
