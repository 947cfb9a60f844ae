import type { FastifyInstance } from 'fastify'
import { decodeJwt } from 'jose'
import type { Entra } from '../entra.ts'
import { policyId } from './faults.ts'
import { covers, formOf, legOf } from './leg.ts'

/** Applies injected faults to the requests that they are for, before these are handled. */
export function applyInjectedFaults(app: FastifyInstance, entra: Entra): void {
  app.addHook('preHandler', async (request, reply) => {
    const leg = legOf(request)
    if (leg === undefined) return
    const refusal = await entra.faults.apply(
      reply,
      ({ target, fault }) =>
        covers(target?.leg, leg) &&
        !(fault.kind === 'conditional-access' && hasFulfilled(entra, request.body)),
    )
    if (refusal) throw refusal
  })
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
