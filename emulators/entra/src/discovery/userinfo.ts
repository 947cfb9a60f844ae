import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readCaller } from '../graph/caller.ts'
import { denied, sendGraphErrors } from '../graph/graph-error.ts'
import { pairwiseSubject } from '../tokens/opaque.ts'

/** `/oidc/userinfo` (OpenID Connect Core §5.3): what a token for Microsoft Graph with the scope `openid` may read of its user. */
export async function serveUserInfo(app: FastifyInstance): Promise<void> {
  sendGraphErrors(app)
  const describe = async (request: FastifyRequest) => {
    const { appId, userId, permissions } = await readCaller(request)
    const { entra } = request
    const user = entra.directory.user(userId ?? '')
    if (!user || !permissions.has('openid')) throw denied('The token has no user, or lacks the scope openid.')
    const sub = pairwiseSubject(entra.config.tenantId, user.id, appId)
    return {
      sub,
      ...(permissions.has('profile') ? { name: user.displayName } : {}),
      ...(permissions.has('email') ? { email: user.mail } : {}),
    }
  }
  app.get('/oidc/userinfo', describe)
  app.post('/oidc/userinfo', describe)
}
