import { describe, expect, it } from 'vitest'
import { ask, bearer, findMetricsUrl } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const { tenantId, blueprintAppId, pageAppId, ada } = identities
const stack = await forFile(Stack.start())

/** Reads a JSON document. It has no type: a test fails if its content is not as expected. */
async function get(path: string, url = stack.agentUrl) {
  const response = await fetch(`${url}${path}`)
  // biome-ignore lint/suspicious/noExplicitAny: whatever came over the wire
  const body = (await response.json()) as any
  return { status: response.status, body }
}

describe('/api/status', () => {
  it('reports as ready only what has been seen to work', async () => {
    await expect
      .poll(async () => (await get('/api/status')).body)
      .toMatchObject({
        status: 'ok',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        bedrock_available: false,
        components: {
          sidecar: { state: 'ready', checkedAt: expect.any(String) },
          weather_api: { state: 'ready', checkedAt: expect.any(String) },
          bedrock: {
            state: 'unavailable',
            model: null,
            region: null,
            credential: 'none',
            problem: { code: 'BEDROCK_NOT_CONFIGURED' },
          },
        },
        flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' } },
        emulated: ['entra', 'auth-sidecar'],
      })
    await ask(stack.agentUrl, { flow: 'obo' }, bearer(await stack.signIn(ada.oid)))
    const { body } = await get('/api/status')
    expect(body.flows.obo).toMatchObject({ state: 'ready', checkedAt: expect.any(String) })
  })

  it('answers with 200 before anything behind the agent has answered', async () => {
    // The agent waits for this sidecar, which is alive but silent, so that the agent does not know its state yet.
    await using silent = await startScriptedServer((request, response) => {
      if (request.url === '/healthz') response.end('Healthy')
    })
    const environment = { SIDECAR_URL: silent.url, WEATHER_API_URL: silent.url, ENTRA_AUTHORITY: silent.url }
    await using lone = await Stack.start({ agent: environment }, ['agent'])
    const { status, body } = await get('/api/status', lone.agentUrl)
    expect(silent.abandoned).toBe(0)
    expect(status).toBe(200)
    expect(body.components.sidecar).toEqual({ state: 'unknown' })
    expect(body.flows.autonomous).toEqual({ state: 'unknown' })
  })

  it('is degraded, with the reason, when the sidecar is gone, and ok again when it is back', async () => {
    await stack.stop('sidecar')
    await ask(stack.agentUrl)
    const { body } = await get('/api/status')
    expect(body).toMatchObject({
      status: 'degraded',
      components: { sidecar: { state: 'unavailable', problem: { code: 'SIDECAR_UNREACHABLE' } } },
      flows: { autonomous: { state: 'unavailable' } },
    })
    // A reply that names the fault helps users more than no reply.
    expect((await get('/readyz')).status).toBe(200)
    await stack.start('sidecar')
    await ask(stack.agentUrl)
    expect((await get('/api/status')).body.components.sidecar.state).toBe('ready')
  })
})

describe('An Entra that no replica can reach', () => {
  it('is reported as ENTRA_UNAVAILABLE, and takes no replica out of service', async () => {
    await stack.restart('sidecar')
    await stack.stop('entra')
    for (let time = 0; time < 3; time++) {
      expect((await ask(stack.agentUrl)).body.code).toBe('ENTRA_UNAVAILABLE')
    }
    expect((await get('/readyz')).status).toBe(200)
    await stack.start('entra')
  })
})

describe('/api/config', () => {
  it('has only public ids, and the endpoints of an emulator on loopback, which MSAL needs', async () => {
    const { body } = await get('/api/config')
    expect(body).toMatchObject({
      tenantId,
      authority: `https://login.localhost/${tenantId}`,
      spaClientId: pageAppId,
      scopes: [`api://${blueprintAppId}/access_as_user`],
      modes: ['direct'],
      flows: ['autonomous', 'obo'],
      blueprintCredential: 'secret',
      requireSignIn: false,
      emulated: ['entra', 'auth-sidecar'],
    })
    const base = `${stack.entraUrl}/${tenantId}`
    expect(JSON.parse(body.authorityMetadata)).toEqual({
      issuer: `${base}/v2.0`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    })
  })

  it('names the endpoints of an https emulator at *.localhost, which browsers find on loopback', async () => {
    const authority = 'https://entra.localhost:7001'
    await using lone = await Stack.start({ agent: { ENTRA_AUTHORITY: authority } }, ['agent'])
    const { body } = await get('/api/config', lone.agentUrl)
    expect(body.authority).toBe(`${authority}/${tenantId}`)
    expect(JSON.parse(body.authorityMetadata)).toMatchObject({
      issuer: `${authority}/${tenantId}/v2.0`,
      token_endpoint: `${authority}/${tenantId}/oauth2/v2.0/token`,
    })
  })

  it('names the real Entra without its endpoints, and offers no sign-in if sign-in is not configured', async () => {
    const environment = {
      ENTRA_AUTHORITY: '',
      BLUEPRINT_CREDENTIAL: '',
      CLIENT_SPA_APP_ID: '',
      AWS_REGION: 'eu-central-1',
      AWS_BEARER_TOKEN_BEDROCK: 'k',
    }
    await using lone = await Stack.start({ agent: { ...environment, BEDROCK_PROBE: 'off' } }, ['agent'])
    const { body } = await get('/api/config', lone.agentUrl)
    expect(body).toMatchObject({
      authority: `https://login.microsoftonline.com/${tenantId}`,
      spaClientId: null,
      modes: ['direct', 'bedrock'],
      flows: ['autonomous'],
      blueprintCredential: 'unknown',
    })
    expect(body).not.toHaveProperty('authorityMetadata')
    const { body: status } = await get('/api/status', lone.agentUrl)
    expect(status.flows.obo).toMatchObject({
      state: 'unavailable',
      problem: { code: 'SIGN_IN_NOT_CONFIGURED' },
    })
  })
})

describe('Probes, OpenAPI and metrics', () => {
  it('/livez and /readyz answer 200 as JSON', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  it('/openapi.json is OpenAPI 3.1 and lists every route of the API', async () => {
    const { body } = await get('/openapi.json')
    expect(body.openapi).toMatch(/^3\.1\./)
    expect(Object.keys(body.paths).sort()).toEqual([
      '/api/chat',
      '/api/chat/continue',
      '/api/config',
      '/api/instructions',
      '/api/status',
      '/livez',
      '/readyz',
      '/sidecar/livez',
    ])
    const { requestBody, responses } = body.paths['/api/chat'].post
    expect(requestBody.content['application/json'].schema).toMatchObject({
      required: ['message', 'mode', 'flow'],
      additionalProperties: false,
    })
    expect(Object.keys(responses['200'].content)).toEqual(['application/json', 'text/event-stream'])
  })

  it('metrics have a port of their own, count by agent, mode, flow and outcome, and name no user', async () => {
    await ask(stack.agentUrl)
    await ask(stack.agentUrl, { message: 'Weather in Qwertzuiopolis?' })
    const response = await fetch(await findMetricsUrl(stack.appOf('agent')))
    const text = await response.text()
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(text).toMatch(
      /^agent_turns_total\{agent="default",mode="direct",flow="autonomous",outcome="OK"\} \d+$/m,
    )
    expect(text).toMatch(/^agent_turns_total\{.*,flow="autonomous",outcome="CITY_NOT_FOUND"\} 1$/m)
    expect(text).toMatch(/^agent_turns_in_flight 0$/m)
    expect(text).toMatch(/^agent_turn_first_token_seconds_count\{mode="direct",flow="autonomous"\} \d+$/m)
    expect(text).toMatch(/^process_cpu_seconds_total /m)
    expect(text).not.toContain('Qwertzuiopolis')
    expect((await fetch(`${stack.agentUrl}/metrics`)).status).toBe(404)
  })
})
