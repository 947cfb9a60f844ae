import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { expect, onTestFinished, test } from 'vitest'
import { decodeToken } from './replay/tokens.ts'
import { agentQuery, beginTrial, grantOf, ids } from './replay/trial.ts'

const unauthenticatedPath = `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}`

test('A call goes out as configured and overridden, with the agent’s token and the caller’s body', async () => {
  const received: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = []
  const api = await new LocalServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    received.push({ method, url, headers, body: await text(request) })
    response.writeHead(204).end()
  }).start()
  onTestFinished(() => api.close())
  const trial = await beginTrial({
    environment: {
      Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
      DownstreamApis__weatherApp__BaseUrl: `${api.url}/v1/`,
      DownstreamApis__weatherApp__HttpMethod: 'Put',
      DownstreamApis__weatherApp__AcceptHeader: 'text/csv',
    },
  })
  const response = await trial.call({
    method: 'POST',
    path: `${unauthenticatedPath}&optionsOverride.RelativePath=/places`,
    headers: { 'content-type': 'application/json' },
    body: '{"city":"Møns Klint"}',
  })
  expect(response.body).toBe('{"statusCode":204,"headers":{"Content-Length":["0"]},"content":null}')
  const headers = { accept: 'text/csv', 'content-type': 'application/json; charset=utf-8' }
  const body = '{"city":"Møns Klint"}'
  expect(received).toMatchObject([{ method: 'PUT', url: '/v1/places', body, headers }])
  const token = received[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
  expect(decodeToken(token)?.claims['azp']).toBe(ids.agent)
})

test('/DownstreamApi responds with 401 only to refusals of Entra that a user could mend, and with 500 to all others', async () => {
  for (const [error, status] of [
    ['interaction_required', 401],
    ['invalid_client', 500],
    ['invalid_resource', 500],
  ] as const) {
    const trial = await beginTrial({
      outcome: form =>
        form.has('fmi_path')
          ? grantOf()
          : { kind: 'response', status: 400, headers: {}, body: `{"error":"${error}"}` },
    })
    const headers = trial.signIn()
    const call = { method: 'POST', path: `/DownstreamApi/weather?${agentQuery}`, headers }
    expect((await trial.call(call)).status, error).toBe(status)
  }
})

test('A call of an API that cannot be reached, or has no address, gets a 500', async () => {
  for (const url of ['http://127.0.0.1:1/', null]) {
    const trial = await beginTrial({
      environment: {
        Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
        DownstreamApis__weatherApp__BaseUrl: url,
      },
    })
    expect((await trial.call({ method: 'POST', path: unauthenticatedPath })).status).toBe(500)
  }
})
