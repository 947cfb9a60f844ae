import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { escapeHtml, sendPage } from '../sign-in/html.ts'

/** `GET /`: what this is, and whom and what its tenant holds. */
export async function overviewPage(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  app.get('/', async (_request, reply) => {
    const { users, servicePrincipals } = entra.directory.content
    const items = [
      ...users.map(({ displayName, id }) => listItem(displayName, 'person', id)),
      ...servicePrincipals.map(({ displayName, kind, appId }) => listItem(displayName, kind, appId)),
    ]
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

function listItem(name: string, kind: string, id: string): string {
  return `<li><strong>${escapeHtml(name)}</strong>, ${escapeHtml(kind)}: <code>${escapeHtml(id)}</code></li>`
}
