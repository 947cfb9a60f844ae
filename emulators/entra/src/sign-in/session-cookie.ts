import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Entra } from '../entra.ts'
import type { Session } from './sessions.ts'

// All ports and tenants of a host share cookies, hence the specific name.
const cookieOf = ({ config }: Entra) => `entra_emulator_session_${config.tenantId}=`

/** The browser's session, if it has one. */
export function sessionOf({ entra, headers }: FastifyRequest): Session | undefined {
  const cookies = headers.cookie?.split(';') ?? []
  const cookie = cookies.map(item => item.trim()).find(item => item.startsWith(cookieOf(entra)))
  const secret = cookie?.slice(cookieOf(entra).length)
  return entra.sessions.find(session => session.cookie === secret)
}

export function keepSession(entra: Entra, reply: FastifyReply, session: Session): void {
  const secure = entra.publicUrl.startsWith('https:') ? '; Secure' : ''
  reply.header('set-cookie', `${cookieOf(entra)}${session.cookie}; Path=/; HttpOnly; SameSite=Lax${secure}`)
}
