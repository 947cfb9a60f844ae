import { strictObject } from '@entra-agents/emulator-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { KeyRotation } from '../emulator/control-plane.ts'
import { FaultTarget, type InjectedFault } from '../emulator/faults.ts'
import { html } from '../sign-in/html.ts'
import { type FormSchema, readForm, schemaForm } from './schema-form.ts'
import { list, sendScreen } from './screen.ts'

const nothing = { properties: {} }
const FaultOptions = {
  leg: Type.Optional(FaultTarget.properties.leg),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
}

/** The screen with faults, clock, settings, keys and reset, and the routes of its forms. */
export function serveControls(lab: FastifyInstance): void {
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
