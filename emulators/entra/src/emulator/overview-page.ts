import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { escapeHtml, sendPage } from '../sign-in/html.ts'

/** `GET /`: what this is, and whom and what its tenant holds. */
export async function overviewPage(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  app.get('/', async (_request, reply) => {
    const { users, servicePrincipals } = entra.directory.content
    const objects = [...users.map(user => ({ ...user, kind: 'user', appId: user.id })), ...servicePrincipals]
    const items = objects.map(
      ({ displayName, kind, appId }) =>
        `<li><strong>${escapeHtml(displayName)}</strong>, ${kind}: <code>${escapeHtml(appId)}</code></li>`,
    )
    return sendPage(reply, {
      title: 'A tenant that is not real',
      body: `<p>Tenant <code>${escapeHtml(entra.config.tenantId)}</code>. Discovery is at
<code>${escapeHtml(`${entra.issuerV2}/.well-known/openid-configuration`)}</code>.</p>
<ul>
${items.join('\n')}
</ul>`,
    })
  })
}
