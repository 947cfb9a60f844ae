import { commonProblem, guardBrowserBoundary, toProblem } from '@entra-agents/service-kit'
import type { FastifyInstance } from 'fastify'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { CustomToken, issueCustomToken } from '../emulator/control-plane.ts'
import { acceptFormBodies } from '../oauth/form.ts'
import { html } from '../sign-in/html.ts'
import { serveControls } from './controls-screen.ts'
import { showDirectory } from './directory-screen.ts'
import { describeFlow, describeTurn, flowsOf, listFlows } from './flow-screens.ts'
import { readForm, schemaForm } from './schema-form.ts'
import { claimsMarkup, namesOf, sendScreen } from './screen.ts'

/** The lab: `/emulator` in a browser, by forms and without scripts. It refuses foreign hosts and sites as the control plane does. */
export async function serveLab(lab: FastifyInstance): Promise<void> {
  lab.setErrorHandler((error, request, reply) => {
    const { message, kind } = toProblem(error)
    if (kind.status >= 500) request.log.error({ err: error }, 'Unexpected error.')
    return sendScreen(reply, kind.title, html`<p>${message}</p>`, kind.status)
  })
  await lab.register(guardBrowserBoundary, { allowedHosts: lab.entra.config.allowedHosts })
  acceptFormBodies(lab)
  lab.get<{ Querystring: Record<string, unknown> }>('/', async ({ entra, query }, reply) => {
    const { correlation: correlationId, token: tokenId } = query
    if (!correlationId && !tokenId) return sendScreen(reply, 'Flows', listFlows(entra))
    const content = describeTurn(entra, { correlationId, tokenId })
    if (!content)
      throw commonProblem(
        'NOT_FOUND',
        'No request in the log has this correlation ID or got this token. The log keeps the latest requests, until a reset or restart.',
      )
    return sendScreen(reply, 'What Entra ID saw', content)
  })
  lab.get<{ Params: { id: string } }>('/lab/flows/:id', async ({ entra, params }, reply) => {
    const flow = flowsOf(entra.requests.all).get(params.id)
    if (!flow) throw commonProblem('NOT_FOUND', 'The log has no request with this id.')
    return sendScreen(reply, 'One flow', describeFlow(entra, flow))
  })
  lab.get('/lab/directory', async ({ entra }, reply) => sendScreen(reply, 'Directory', showDirectory(entra)))
  serveControls(lab)
  serveTokenForge(lab)
}

/** The form by which a token is forged. The token is on the page that follows, and nowhere else. */
function serveTokenForge(lab: FastifyInstance): void {
  lab.get('/lab/token', async (_request, reply) =>
    sendScreen(reply, 'Forge a token', [
      html`<p>A genuine signature, with any claims and lifetime, also a negative one. Names or ids say who it is for.</p>`,
      schemaForm('token', 'Forge', CustomToken),
    ]),
  )
  lab.post('/lab/token', async (request, reply) => {
    const { entra } = request
    const { jwt } = await issueCustomToken(entra, readForm(request, CustomToken) as CustomToken)
    const parts = { Header: decodeProtectedHeader(jwt), Claims: decodeJwt(jwt) }
    return sendScreen(reply, 'A forged token', [
      html`<p>It is shown this once.</p><pre>${jwt}</pre>`,
      Object.entries(parts).map(
        ([title, part]) => html`<h2>${title}</h2>${claimsMarkup(part, namesOf(entra))}`,
      ),
    ])
  })
}
