import type { FastifyInstance } from 'fastify'
import { decodeJwt } from 'jose'
import type { Entra } from '../entra.ts'
import { EntraError } from '../errors/entra-error.ts'
import { policyChallenge } from '../sign-in/policies.ts'
import type { Fault } from './faults.ts'
import { covers, formOf, legOf } from './leg.ts'

/** The one policy that `conditional-access` stands for. */
const policyId = '5f1b2c1e-7d1c-4f0e-9a46-0c4f2a6d9b11'

/** Lets ordered faults strike the requests they are for, before anything else looks at them. */
export function strikeOrderedFaults(app: FastifyInstance, entra: Entra): void {
  app.addHook('preHandler', async (request, reply) => {
    const leg = legOf(request)
    if (leg === undefined) return
    const fault = await entra.faults.strike(
      reply,
      (target, { kind }) =>
        covers(target?.leg, leg) && !(kind === 'conditional-access' && hasFulfilled(entra, request.body)),
    )
    if (fault) throw refusalOf(fault)
  })
}

function refusalOf(fault: Fault): EntraError {
  if (fault.kind === 'conditional-access')
    return new EntraError(fault.code ?? 50076, {}, { claims: policyChallenge([policyId]) })
  const { code, error, status, retryAfterSeconds } = fault
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return new EntraError(code, {}, { error, status, headers })
}

/** Conditional access lets a user's token pass once the user signed in again with the challenge's claims. */
function hasFulfilled(entra: Entra, body: unknown): boolean {
  const assertion = formOf(body).get('assertion')
  if (assertion === null) return false
  try {
    const session = entra.sessions.get(String(decodeJwt(assertion)['sid']))
    return session?.fulfilledPolicies.has(policyId) ?? false
  } catch {
    return false
  }
}
