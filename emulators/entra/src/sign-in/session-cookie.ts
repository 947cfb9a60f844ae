import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Entra } from '../entra.ts'
import type { Session } from './sessions.ts'

// All ports of a host share cookies, hence the specific name.
const cookieName = 'entra_emulator_session'

/** The browser's session, if it has one. */
export function sessionOf({ entra, headers }: FastifyRequest): Session | undefined {
  const cookies = headers.cookie?.split(';') ?? []
  const cookie = cookies.map(item => item.trim()).find(item => item.startsWith(`${cookieName}=`))
  const secret = cookie?.slice(cookieName.length + 1)
  return entra.sessions.find(session => session.cookie === secret)
}

export function keepSession(entra: Entra, reply: FastifyReply, session: Session): void {
  const secure = entra.publicUrl.startsWith('https:') ? '; Secure' : ''
  reply.header('set-cookie', `${cookieName}=${session.cookie}; Path=/; HttpOnly; SameSite=Lax${secure}`)
}
