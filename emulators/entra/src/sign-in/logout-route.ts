import type { FastifyInstance } from 'fastify'
import { platforms } from '../directory/objects.ts'
import { userOfHint } from '../tokens/id-token.ts'
import { sendPage } from './html.ts'
import { servePages } from './pages.ts'
import { type PageRoute, sendBack } from './return-address.ts'
import { sessionOf } from './sessions.ts'

/** Sign-out (OpenID Connect RP-Initiated Logout 1.0). */
export async function serveLogout(app: FastifyInstance): Promise<void> {
  servePages(app)

  app.get<PageRoute>('/:tenant/oauth2/v2.0/logout', async (request, reply) => {
    const { entra } = request
    const { post_logout_redirect_uri: address, logout_hint: hint, state } = request.query
    const session = sessionOf(request)
    const user = userOfHint(entra, hint)
    if (session && user) session.userIds.delete(user.id)
    if (session && (!user || session.userIds.size === 0)) entra.sessions.delete(session.id)
    const registered = entra.directory.content.applications.flatMap(application =>
      platforms.flatMap(platform => application[platform].redirectUris),
    )
    if (address === undefined || !registered.includes(address))
      return sendPage(reply, { title: 'You signed out of your account', body: '' })
    return sendBack(reply, { redirectUri: address, platform: 'web', mode: 'query', state }, {})
  })
}
