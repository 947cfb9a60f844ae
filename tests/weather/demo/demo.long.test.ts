import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { ChatResponse, PausedResponse } from '@entra-agents/trace'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileOfDemo } from '../../../scripts/demo/files.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import { signIn } from '../../support/sign-in.ts'
import { demoCommand, isOpenToOthers, portVariables, startDemo } from './support/start-demo.ts'

async function listen(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done))
  return server
}

describe('make demo', () => {
  it('opens page, Entra and metrics to other machines if HOST is set, applies ALLOWED_HOSTS and the rate limit, and ends with exit code 0 on SIGTERM', async () => {
    const demo = await startDemo(demoCommand, {
      HOST: '0.0.0.0',
      ALLOWED_HOSTS: 'agent.example,127.0.0.1',
      RATE_LIMIT_PER_MINUTE: '1',
    })
    await demo.printed('Ready:')
    const open = await Promise.all(Object.values(demo.ports).map(isOpenToOthers))
    expect(Object.keys(demo.ports).filter((_, index) => open[index])).toEqual([
      'PORT',
      'ENTRA_PORT',
      'METRICS_PORT',
    ])
    const ask = async (host: string) => {
      const response = await fetch(`http://${host}:${demo.ports['PORT']}/api/chat`, { method: 'POST' })
      return response.status
    }
    expect(await ask('localhost')).toBe(421)
    expect(await ask('127.0.0.1')).toBe(400)
    expect(await ask('127.0.0.1')).toBe(429)
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toBe(0)
  })

  it('speaks https as Entra with ENTRA_TLS, trusted by its own processes, and answers in all flows, each with a token that was issued for the question', async () => {
    const demo = await startDemo(demoCommand, { ENTRA_TLS: 'true' })
    await demo.printed('Ready:')
    const { PORT, ENTRA_PORT } = demo.ports
    const entraUrl = `https://localhost:${ENTRA_PORT}`
    await expect(fetch(`${entraUrl}/emulator/ca.pem`)).rejects.toThrow('fetch failed')
    const certificate = readFileSync(fileOfDemo(`entra-${ENTRA_PORT}-ca.pem`), 'utf8')
    const known = getCACertificates()
    onTestFinished(() => setDefaultCACertificates(known))
    setDefaultCACertificates([...known, certificate])
    const published = await fetch(`${entraUrl}/emulator/ca.pem`)
    expect(await published.text()).toBe(certificate)
    const redirectUri = `http://localhost:${PORT}/auth/redirect.html`
    const token = await signIn({ entraUrl, redirectUri, user: identities.ada.oid })
    for (const flow of ['autonomous', 'obo', 'agent-user']) {
      const question = { message: 'What is the weather in Oslo?', mode: 'direct', flow }
      const caller = flow === 'obo' ? { token } : {}
      const askedSeconds = Math.floor(Date.now() / 1000)
      const response = await postJson(`http://localhost:${PORT}/api/chat`, question, caller)
      const { answer, trace } = (await response.json()) as ChatResponse
      expect(answer).toContain('Oslo')
      const card = trace.findLast(step => step.token?.role === 'TR')?.token
      expect(card?.claims).toMatchObject({ iss: expect.stringContaining(entraUrl) })
      expect(card?.verifiedBy?.map(({ actor }) => actor)).toContain('weather-api')
      // Health checks have asked for the same tokens. Entra makes each token five minutes older than it is.
      expect(Number(card?.claims?.['iat']) + 300).toBeGreaterThanOrEqual(askedSeconds)
    }
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toBe(0)
    expect(demo.output()).not.toMatch(/WARN|ERROR/)
  })

  it('keeps its keys, so that a user who is signed in can approve after a restart what waited before it', async () => {
    const first = await startDemo(demoCommand)
    const { PORT, ENTRA_PORT } = first.ports
    const send = async (path: string, request: object, token: string) => {
      const body = { mode: 'direct', flow: 'obo', ...request }
      const response = await postJson(`http://localhost:${PORT}${path}`, body, { token })
      return (await response.json()) as PausedResponse & ChatResponse
    }
    const approve = ({ continuation, calls }: PausedResponse, token: string) => {
      const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision: 'approve' }))
      return send('/api/chat/continue', { continuation, decisions }, token)
    }
    const ada = {
      entraUrl: `http://localhost:${ENTRA_PORT}`,
      redirectUri: `http://localhost:${PORT}/auth/redirect.html`,
      user: identities.ada.oid,
    }
    await first.printed('Ready:')
    const token = await signIn(ada)
    const asked = await send('/api/chat', { message: 'Warn me when Oslo falls below -5 °C' }, token)
    expect(asked).toMatchObject({ status: 'paused', kind: 'approval' })
    first.process.kill('SIGINT')
    expect(await first.ended).toBe(0)
    const second = await startDemo(demoCommand, portVariables(first.ports))
    await second.printed('Ready:')
    const approved = await approve(asked, token)
    expect(approved).toMatchObject({ status: 'paused', kind: 'step-up' })
    const done = await approve(approved, await signIn({ ...ada, claims: approved.claimsChallenge }))
    expect(done.answer).toContain('There is an alert now: Oslo below −5 °C')
  })

  it('ends with exit code 1 when one process dies, and prints the reason', async () => {
    const demo = await startDemo(demoCommand, { WEATHER_PROVIDER: 'crystal-ball' })
    await demo.printed('WEATHER_PROVIDER must be one of')
    await demo.printed('weather-api ended (exit code 1)')
    expect(await demo.ended).toBe(1)
  })

  it.each([
    ['SIDECAR_PORT', 'sidecar'],
    ['METRICS_PORT', 'the metrics of agent'],
  ])('says in words that the port from %s is in use', async (variable, name) => {
    const other = await listen(0)
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    const demo = await startDemo(demoCommand, { [variable]: String(port) })
    await demo.printed(
      `Port ${port} for ${name} is taken. Stop the program that listens there, or set ${variable} to a free port.`,
    )
    expect(await demo.ended).toBe(1)
  })
})
