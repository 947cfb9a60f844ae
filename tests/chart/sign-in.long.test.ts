import { describe, expect, it } from 'vitest'
import { readConfig } from '../../services/agent/src/config.ts'
import { needs } from '../support/programs.ts'
import { baseValues, merge, render, renderNotes, renderWith, type Values } from './support/render.ts'

needs('helm')

const spaAppId = 'dddddddd-0000-4000-8000-00000000000d'
const gateway = { agent: { ingressFrom: [{ namespaceSelector: {} }] } }

/** All ways by which the page is reached without `kubectl port-forward`. */
// biome-ignore format: table
const exposingValues: Readonly<Record<string, Values>> = {
  'an Ingress': { ingress: { enabled: true, hosts: ['agent.example.com'], tls: { secretName: 'tls' } }, networkPolicy: gateway },
  'an HTTPRoute': { httpRoute: { enabled: true, hostnames: ['agent.example.com'], parentRefs: [{ name: 'public', sectionName: 'https' }] }, networkPolicy: gateway },
  'a route of one’s own, by its host name': { agent: { allowedHosts: ['agent.example.com'] } },
  'a route of one’s own, by the setting': { agent: { env: { ALLOWED_HOSTS: 'localhost, agent.example.com' } } },
}

const accessOf = async (values: Values) => {
  const rendering = await render({ values: merge(baseValues, values) })
  const { requireSignIn, traceFor } = readConfig(rendering.settings('demo-agent', 'agent'))
  return { requireSignIn, traceFor }
}

const signInValues = { entra: { spaAppId } }
const notesWith = (...values: readonly Values[]) =>
  renderNotes({ values: values.reduce(merge, merge(baseValues, signInValues)) })

describe('A page that only kubectl port-forward reaches', () => {
  it.each<[string, Values]>([
    ['with sign-in', signInValues],
    ['without sign-in', {}],
    ['by other names of the same machine', { agent: { env: { ALLOWED_HOSTS: 'localhost,[::1]' } } }],
  ])('is open to everyone who may forward its port, and so is the trace: %s', async (_name, values) => {
    expect(await accessOf(values)).toEqual({ requireSignIn: false, traceFor: 'everyone' })
  })
})

describe.each(Object.entries(exposingValues))('A page that others reach by %s', (_name, wayIn) => {
  const exposed = merge(signInValues, wayIn)

  it('is open only to users who signed in, and so is the trace', async () => {
    expect(await accessOf(exposed)).toEqual({ requireSignIn: true, traceFor: 'signed-in' })
    const notes = await notesWith(wayIn)
    expect(notes).toContain('Users have to sign in. The identity trace is shown to signed-in users.')
    expect(notes).not.toContain('WARNING')
  })

  it('does not demand sign-in if the values say so, and the notes warn of it', async () => {
    const open = { agent: { requireSignIn: false } }
    expect(await accessOf(merge(exposed, open))).toEqual({ requireSignIn: false, traceFor: 'signed-in' })
    const notes = await notesWith(wayIn, open)
    expect(notes).toContain('WARNING: agent.requireSignIn is false.')
    expect(notes).not.toContain('agent.traceFor is everyone')
  })

  it('shows the trace to everyone if the values say so, and the notes warn of it', async () => {
    const open = { agent: { requireSignIn: false, traceFor: 'everyone' } }
    expect(await accessOf(merge(exposed, open))).toEqual({ requireSignIn: false, traceFor: 'everyone' })
    expect(await notesWith(wayIn, open)).toContain('agent.traceFor is everyone')
  })

  it('shows the trace to nobody if the values say so', async () => {
    const closed = { agent: { traceFor: 'nobody' } }
    expect(await accessOf(merge(exposed, closed))).toEqual({ requireSignIn: true, traceFor: 'nobody' })
    expect(await notesWith(wayIn, closed)).toContain('The identity trace is shown to nobody.')
  })

  it('is refused by the chart if the values name no client for sign-in and do not switch sign-in off', async () => {
    await expect(renderWith(wayIn)).rejects.toThrow(
      /set entra\.spaAppId, or agent\.requireSignIn=false if whoever reaches the page may use the agent/,
    )
    expect(await accessOf(merge(wayIn, { agent: { requireSignIn: false } }))).toMatchObject({
      requireSignIn: false,
    })
    const client = { agent: { env: { ALLOWED_CLIENTS: spaAppId } } }
    expect(await accessOf(merge(wayIn, client))).toMatchObject({ requireSignIn: true })
  })
})

describe('Sign-in that the values demand', () => {
  it('is refused by the chart if the values name no client for sign-in', async () => {
    await expect(renderWith({ agent: { requireSignIn: true } })).rejects.toThrow(
      'agent.requireSignIn is true, but nobody can sign in: set entra.spaAppId.',
    )
  })

  it('applies without an Ingress too', async () => {
    const values = merge(signInValues, { agent: { requireSignIn: true, traceFor: 'signed-in' } })
    expect(await accessOf(values)).toEqual({ requireSignIn: true, traceFor: 'signed-in' })
  })

  it.each<[string, Values]>([
    ['requireSignIn', { agent: { requireSignIn: 'yes' } }],
    ['traceFor', { agent: { traceFor: 'admins' } }],
  ])('is refused by the chart if this setting has an unknown value: %s', async (name, values) => {
    await expect(renderWith(values)).rejects.toThrow(name)
  })
})
