import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { opaqueValue } from '../tokens/opaque.ts'

/** The users who are signed in in one browser. */
export type Session = Readonly<ReturnType<typeof newSession>>

function newSession() {
  return {
    /** The `sid` of tokens. */
    id: randomUUID(),
    /** The secret in the cookie. */
    cookie: opaqueValue(32),
    userIds: new Set<string>(),
    /** Conditional-access policies that a sign-in in this session has fulfilled. */
    fulfilledPolicies: new Set<string>(),
    /** When each user last proved a second factor, in milliseconds since 1970. */
    secondFactorAtMs: new Map<string, number>(),
  }
}

/** Browser sessions by their ids; beyond the limit, the least recently used are dropped. */
export class Sessions extends LRUCache<string, Session> {
  constructor() {
    super({ max: 1_000 })
  }

  start(): Session {
    const session = newSession()
    this.set(session.id, session)
    return session
  }
}

// All ports and tenants of a host share cookies, hence the specific name.
const cookieOf = ({ entra }: FastifyRequest) => `entra_emulator_session_${entra.config.tenantId}=`

/** The browser's session, if it has one. */
export function sessionOf(request: FastifyRequest): Session | undefined {
  const cookies = request.headers.cookie?.split(';') ?? []
  const cookie = cookies.map(item => item.trim()).find(item => item.startsWith(cookieOf(request)))
  const secret = cookie?.slice(cookieOf(request).length)
  return request.entra.sessions.find(session => session.cookie === secret)
}

export function keepSession(reply: FastifyReply, { cookie }: Session): void {
  const { request } = reply
  const secure = request.entra.publicUrl.startsWith('https:') ? '; Secure' : ''
  reply.header('set-cookie', `${cookieOf(request)}${cookie}; Path=/; HttpOnly; SameSite=Lax${secure}`)
}
