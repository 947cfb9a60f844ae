import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { decodeToken } from '@entra-agents/tokens/verify'
import { expect, onTestFinished, test } from 'vitest'
import { agentQuery, beginTrial, grantOf, ids } from './replay/trial.ts'

const method = 'POST'
const path = `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}`
const overridable = { Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true' }

test('A call goes out as configured and overridden, with the agent’s token and the caller’s body', async () => {
  const received: string[] = []
  const tokens: string[] = []
  const api = await new LocalServer(async (request, response) => {
    const { accept, 'content-type': type, authorization = '' } = request.headers
    received.push([request.method, request.url, accept, type, await text(request)].join(' '))
    tokens.push(authorization.slice('Bearer '.length))
    response.writeHead(204).end()
  }).start()
  onTestFinished(() => api.close())
  const trial = await beginTrial({
    environment: {
      ...overridable,
      DownstreamApis__weatherApp__BaseUrl: `${api.url}/v1/`,
      DownstreamApis__weatherApp__HttpMethod: 'Put',
      DownstreamApis__weatherApp__AcceptHeader: 'text/csv',
    },
  })
  const overridden = `${path}&optionsOverride.RelativePath=/places`
  const headers = { 'content-type': 'application/json' }
  const response = await trial.call({ method, path: overridden, headers, body: '{"city":"Møns Klint"}' })
  expect(response.body).toBe('{"statusCode":204,"headers":{"Content-Length":["0"]},"content":null}')
  expect(received).toEqual(['PUT /v1/places text/csv application/json; charset=utf-8 {"city":"Møns Klint"}'])
  expect(decodeToken(tokens[0] ?? '')?.claims['azp']).toBe(ids.agent)
})

test.each([
  ['interaction_required', 401],
  ['invalid_client', 500],
  ['invalid_resource', 500],
])(
  '/DownstreamApi responds to a refusal of Entra that a user could mend with 401, to others with 500 (%s: %i)',
  async (error, status) => {
    const refusal = { kind: 'response', status: 400, headers: {}, body: `{"error":"${error}"}` } as const
    const trial = await beginTrial({ outcome: form => (form.has('fmi_path') ? grantOf() : refusal) })
    const call = { method, path: `/DownstreamApi/weather?${agentQuery}`, headers: trial.signIn() }
    expect((await trial.call(call)).status).toBe(status)
  },
)

test.each([
  ['cannot be reached', 'http://127.0.0.1:1/'],
  ['has no address', null],
])('A call of an API that %s gets a 500', async (_what, url) => {
  const environment = { ...overridable, DownstreamApis__weatherApp__BaseUrl: url }
  const trial = await beginTrial({ environment })
  expect((await trial.call({ method, path })).status).toBe(500)
})
