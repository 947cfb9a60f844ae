import type { FastifyRequest } from 'fastify'
import { jwtBearerGrant } from '../token-endpoint/grant-types.ts'

/** Parts of the protocol that a fault can be ordered for. */
export const legs = ['t1', 'tr', 'obo', 'code', 'refresh', 'authorize', 'discovery', 'keys', 'graph'] as const

/** `token` orders a fault for every token request, `any` for every request. */
export const targets = [...legs, 'token', 'any'] as const

export type Leg = (typeof legs)[number]
export type Target = (typeof targets)[number]

const tokenLegs: readonly Leg[] = ['t1', 'tr', 'obo', 'code', 'refresh']

/** Which part of the protocol a request belongs to; `undefined` for the stand-in's own controls. */
export function legOf({ url, body }: FastifyRequest): Leg | undefined {
  const path = (url.split('?', 1)[0] ?? '').toLowerCase()
  if (path.endsWith('/oauth2/v2.0/token')) return body instanceof URLSearchParams ? tokenLegOf(body) : 'tr'
  if (path.endsWith('/oauth2/v2.0/authorize')) return 'authorize'
  if (path.endsWith('/openid-configuration') || path.endsWith('/discovery/instance')) return 'discovery'
  if (path.endsWith('/keys') && path.includes('/discovery/')) return 'keys'
  if (/^\/(v1\.0|beta)\//.test(path)) return 'graph'
  return undefined
}

function tokenLegOf(form: URLSearchParams): Leg {
  switch (form.get('grant_type')) {
    case jwtBearerGrant:
      return 'obo'
    case 'authorization_code':
      return 'code'
    case 'refresh_token':
      return 'refresh'
    default:
      return form.has('fmi_path') ? 't1' : 'tr'
  }
}

export function isAimedAt(target: Target, leg: Leg): boolean {
  return target === leg || target === 'any' || (target === 'token' && tokenLegs.includes(leg))
}
