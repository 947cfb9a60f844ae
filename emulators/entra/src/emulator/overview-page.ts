import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { escapeHtml, sendPage } from '../sign-in/html.ts'

/** `GET /`: what this is, and whom and what its tenant holds. */
export async function overviewPage(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  app.get('/', async (_request, reply) => {
    const { users, servicePrincipals } = entra.directory.content
    const rows = [
      ...users.map(user => [user.displayName, 'person', user.id]),
      ...servicePrincipals.map(principal => [principal.displayName, principal.kind, principal.appId]),
    ]
    return sendPage(reply, {
      title: 'A tenant that is not real',
      body: `<p>Tenant <code>${escapeHtml(entra.config.tenantId)}</code>. Discovery is at
<code>${escapeHtml(`${entra.issuerV2}/.well-known/openid-configuration`)}</code>.</p>
<table>
<thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">Id</th></tr></thead>
<tbody>
${rows.map(row => `<tr>${row.map(cell => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n')}
</tbody>
</table>`,
    })
  })
}
