import { strictObject } from '@entra-agents/emulator-kit'
import { commonProblem, guardBrowserBoundary, toProblem } from '@entra-agents/service-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { Type } from 'typebox'
import { CustomToken, issueCustomToken, KeyRotation } from '../emulator/control-plane.ts'
import { describeDirectory } from '../emulator/directory-report.ts'
import { FaultTarget, type InjectedFault } from '../emulator/faults.ts'
import type { Entra } from '../entra.ts'
import { acceptFormBodies } from '../oauth/form.ts'
import { type Content, html } from '../sign-in/html.ts'
import { serveExperiments } from './experiment-screens.ts'
import { describeFlow, describeTurn, flowsOf, listFlows } from './flow-screens.ts'
import { servePolicies } from './policy-screens.ts'
import { claimsMarkup, type FormSchema, list, namesOf, readForm, schemaForm, sendScreen } from './screen.ts'

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
    const content = describeTurn(entra, correlationId, tokenId)
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
  serveExperiments(lab)
  servePolicies(lab)
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
    const { jwt } = await issueCustomToken(entra, readForm(request, CustomToken))
    const parts = { Header: decodeProtectedHeader(jwt), Claims: decodeJwt(jwt) }
    return sendScreen(reply, 'A forged token', [
      html`<p>It is shown this once.</p><pre>${jwt}</pre>`,
      Object.entries(parts).map(
        ([title, part]) => html`<h2>${title}</h2>${claimsMarkup(part, namesOf(entra))}`,
      ),
    ])
  })
}

const nothing = { properties: {} }
const FaultOptions = {
  leg: Type.Optional(FaultTarget.properties.leg),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
}

/** The screen with faults, clock, settings, keys and reset, and the routes of its forms. */
function serveControls(lab: FastifyInstance): void {
  const kinds = lab.entra.faults.describe().map(({ kind, does, parameters }) => {
    const schema: FormSchema = strictObject({ ...FaultOptions, ...parameters.properties })
    return { kind, does, schema }
  })
  lab.get('/lab/controls', async ({ entra: { faults, settings, keys, clock } }, reply) => {
    const injected = faults.all.map(one => html`<code>${JSON.stringify(one)}</code>`)
    const keyIds = (await keys.published()).map(({ kid }) => kid)
    const forms = kinds.map(({ kind, does, schema }) => {
      const form = schemaForm(`faults/${kind}`, 'Inject', schema)
      return html`<details><summary>${kind}: ${does}</summary>${form}</details>`
    })
    return sendScreen(reply, 'Controls', [
      [list('Injected faults', injected), schemaForm('clear-faults', 'Clear all faults', nothing), forms],
      html`<h2>Clock and settings</h2><p>The emulator’s time is ${clock.timestamp()}.</p>`,
      schemaForm('settings', 'Change', settings.schema, settings.current),
      list('Published keys, the one that signs first', keyIds),
      schemaForm('keys', 'Sign with a new key', KeyRotation, { overlapSeconds: 3_600 }),
      html`<h2>Reset</h2><p>The directory and the settings become as they were at the start. Keys stay.</p>`,
      schemaForm('reset', 'Reset', nothing),
    ])
  })
  const addAction = (name: string, act: (request: FastifyRequest) => unknown) =>
    lab.post(`/lab/${name}`, async (request, reply) => {
      await act(request)
      return reply.redirect('/emulator/lab/controls', 303)
    })
  for (const { kind, schema } of kinds)
    addAction(`faults/${kind}`, request => {
      const { leg, times, ...parameters } = readForm(request, schema)
      const scope = { ...(leg ? { target: { leg } } : {}), ...(times ? { times } : {}) }
      request.entra.faults.inject({ ...scope, fault: { kind, ...parameters } } as InjectedFault)
    })
  addAction('clear-faults', ({ entra }) => entra.faults.clear())
  addAction('settings', request => {
    const { settings } = request.entra
    settings.change(readForm(request, settings.schema))
  })
  addAction('keys', request =>
    request.entra.keys.rotate(Number(readForm(request, KeyRotation)['overlapSeconds'])),
  )
  addAction('reset', ({ entra }) => entra.reset())
}

type Right = { api: string; role?: string; scope?: string; user?: string }
type Holder = { readonly id: string; name: string; enabled: boolean; may: readonly Right[] }

function showDirectory(entra: Entra): Content {
  const { tenant, users, groups, apps, blueprints, agents } = describeDirectory(entra)
  const people = users.map(user => {
    const account = user.agent ? `, the account of ${user.agent}` : ''
    return showHolder(user, ` ${user.userPrincipalName}${account}`)
  })
  const memberships = groups.map(
    ({ id, name, members }) =>
      html`<strong>${name}</strong> <code>${id}</code>: ${members.join(', ') || 'no member'}`,
  )
  const identities = agents.map(agent => showHolder(agent, ` of ${agent.blueprint}`))
  const others = [...blueprints, ...apps].map(one => showHolder(one, ''))
  return [
    html`<p>Tenant <code>${tenant}</code>, whose tokens are of <code>${entra.issuerV2}</code>.</p>`,
    list('Users, and what they may', people),
    list('Groups and directory roles, with their members', memberships),
    list('Agents, and what they may', identities),
    list('Blueprints and applications, and what they may', others),
  ]
}

function showHolder({ id, name, enabled, may }: Holder, about: string): Content {
  const rights = may.map(({ api, role, scope, user = 'every user' }) => {
    return html`<br><em>${role ?? scope}</em> at ${api}, ${role ? 'as a role' : `for ${user}`}`
  })
  return html`<strong>${name}</strong> <code>${id}</code>${about}${enabled ? '' : ' (disabled)'}${rights}`
}
