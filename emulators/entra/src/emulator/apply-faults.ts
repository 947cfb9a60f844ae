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
        !(fault.kind === 'conditional-access' && hasFulfilledPolicy(entra, request.body)),
    )
    if (refusal) throw refusal
  })
}

/** Whether the user has signed in again with the claims of the challenge, as conditional access demands. */
function hasFulfilledPolicy(entra: Entra, body: unknown): boolean {
  const assertion = formOf(body).get('assertion')
  if (assertion === null) return false
  try {
    const session = entra.sessions.get(String(decodeJwt(assertion)['sid']))
    return session?.fulfilledPolicies.has(policyId) ?? false
  } catch {
    return false
  }
}
