import { tokenExchangeUri } from '@entra-agents/trace/well-known'
import type { FastifyRequest } from 'fastify'
import { isGraphUrl } from '../graph/paths.ts'

/** Parts of the protocol that a fault can be injected into; `token` stands for every token request. */
export const legs = [
  't1',
  't2',
  'tr',
  'agent-user',
  'obo',
  'code',
  'refresh',
  'authorize',
  'discovery',
  'keys',
  'graph',
  'token',
] as const
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
  const isToken = !['authorize', 'discovery', 'keys', 'graph'].includes(leg)
  return target === undefined || target === leg || (target === 'token' && isToken)
}

export function formOf(body: unknown): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams()
}

function tokenLegOf(form: URLSearchParams): Leg {
  switch (form.get('grant_type')) {
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
      return 'obo'
    case 'authorization_code':
      return 'code'
    case 'refresh_token':
      return 'refresh'
    case 'user_fic':
      return 'agent-user'
    default:
      if (form.has('fmi_path')) return 't1'
      return form.get('scope')?.startsWith(tokenExchangeUri) ? 't2' : 'tr'
  }
}
