import { type InjectedFault as AnyInjectedFault, faultKind, strictObject } from '@entra-agents/emulator-kit'
import { tokenExchangeUri } from '@entra-agents/trace/well-known'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { policiesChallenge } from '../conditional-access/claims.ts'
import { EntraError } from '../errors/entra-error.ts'
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

const AadstsCode = Type.Integer({ minimum: 1, maximum: 99_999_999, description: 'AADSTS code.' })

/** The policy id in the claims challenge that a `conditional-access` fault sends. */
export const faultPolicyId = '5f1b2c1e-7d1c-4f0e-9a46-0c4f2a6d9b11'

export const FaultTarget = strictObject({ leg: Type.Enum(legs) })

/** The faults of this emulator alone, each an `EntraError` to throw. The transport faults are common to all emulators. */
export const faults = {
  refuse: faultKind(
    'The refusal with this code.',
    {
      code: AadstsCode,
      error: Type.Optional(Type.String({ maxLength: 64, description: 'OAuth error, if it is to differ.' })),
      status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
      retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600 })),
    },
    ({ code, error, status, retryAfterSeconds }) => {
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
      return new EntraError(code, {}, { error, status, headers })
    },
  ),
  'conditional-access': faultKind(
    'A claims challenge; users who sign in again with it pass.',
    { code: Type.Optional(AadstsCode) },
    ({ code = 50076 }) => new EntraError(code, {}, { claims: policiesChallenge([faultPolicyId]) }),
  ),
}

export type InjectedFault = AnyInjectedFault<typeof FaultTarget, typeof faults>
