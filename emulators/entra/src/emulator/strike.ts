import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import type { Entra } from '../entra.ts'
import { isRefusalCode, refusals } from '../errors/catalogue.ts'
import { EntraError, refusal } from '../errors/entra-error.ts'
import { policyChallenge } from '../sign-in/authorize-request.ts'
import type { Fault } from './faults.ts'
import { legOf } from './legs.ts'

/** Lets ordered faults strike the requests they are for, before anything else looks at them. */
export function strikeOrderedFaults(app: FastifyInstance, entra: Entra): void {
  const hanging = new Set<Socket>()
  const closing = new AbortController()
  app.addHook('preClose', async () => {
    closing.abort()
    for (const socket of hanging) socket.destroy()
  })

  app.addHook('preHandler', async (request, reply) => {
    const leg = legOf(request)
    if (leg === undefined) return
    const fault = entra.faults.take(leg, order => hasFulfilled(entra, request, order))
    if (!fault) return
    switch (fault.kind) {
      case 'slow':
        await wait(fault.delayMs ?? 2_000, undefined, { signal: closing.signal }).catch(() => {})
        return
      case 'hang':
        reply.hijack()
        hanging.add(request.socket)
        request.socket.once('close', () => hanging.delete(request.socket))
        return
      case 'reset':
        reply.hijack()
        request.socket.resetAndDestroy()
        return
      case 'malformed':
        return sendNoJson(reply, fault)
      default:
        throw refusalOf(fault)
    }
  })
}

function sendNoJson(reply: FastifyReply, { status = 502 }: Fault): FastifyReply {
  return reply.code(status).type('text/html').send('<html><body>Bad gateway</body></html>')
}

function refusalOf(fault: Fault): EntraError {
  const { kind, code, error, status, retryAfterSeconds, policyId } = fault
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  if (kind === 'throttle') return refusal(90055, {}, { headers })
  if (kind === 'unavailable') return refusal(90033, {}, { headers })
  const wanted = code ?? (kind === 'conditional-access' ? 50076 : 90033)
  const known = isRefusalCode(wanted) ? refusals[wanted] : undefined
  const text = known?.text ?? 'This refusal was ordered at the emulator.'
  const answer = {
    error: error ?? known?.error ?? 'invalid_grant',
    ...(known && 'suberror' in known ? { suberror: known.suberror } : {}),
    ...(status !== undefined ? { status } : known && 'status' in known ? { status: known.status } : {}),
  }
  const claims = kind === 'conditional-access' ? { claims: policyChallenge([policyId]) } : {}
  return new EntraError(wanted, answer, text.replaceAll(/\{(\w+)\}/g, '‹$1›'), claims)
}

/** Conditional access lets a person's token pass once the person signed in again with the challenge's claims. */
function hasFulfilled(entra: Entra, { body }: FastifyRequest, { kind, policyId }: Fault): boolean {
  if (kind !== 'conditional-access' || !(body instanceof URLSearchParams)) return false
  const assertion = body.get('assertion')
  if (assertion === null) return false
  try {
    return entra.sessions.fulfils(String(decodeJwt(assertion)['sid']), policyId)
  } catch {
    return false
  }
}
