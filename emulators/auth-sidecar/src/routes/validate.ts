import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendChunked, sendJson } from '../http/replies.ts'
import { textClaim } from '../inbound/jwt.ts'

const scopeClaims = ['scp', 'http://schemas.microsoft.com/identity/claims/scope']

/**
 * `GET /Validate`: the caller's token and what it says. The configured scope is one text, never split, so two scopes
 * in it match no token at all.
 */
export function answerValidation(requiredScope: string | undefined) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { person } = request.authentication
    if (!person) return
    const granted = scopeClaims.map(name => textClaim(person.claims, name)).find(value => value !== undefined)
    if (requiredScope?.trim() && !granted?.split(' ').includes(requiredScope)) {
      const message = `IDW10203: The 'scope' or 'scp' claim does not contain scopes '${requiredScope}' or was not found. `
      sendChunked(reply, 403, {}, message)
      return
    }
    sendJson(reply, { protocol: 'Bearer', token: person.token, claims: person.claims })
  }
}
