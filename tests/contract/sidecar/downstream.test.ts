import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { LocalServer } from '../../../packages/service-kit/src/testing/local-server.ts'
import { decodeToken } from './replay/tokens.ts'
import { agentQuery, grantOf, ids, Trial } from './replay/trial.ts'

interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Api {
  readonly origin: string
  readonly received: readonly ReceivedRequest[]
}

/** An API that remembers its requests. It responds with one response after the other, and then always with the last. */
async function startApi(
  ...responses: readonly { status: number; headers?: Record<string, string> }[]
): Promise<Api> {
  const received: ReceivedRequest[] = []
  const server = new LocalServer(async (request, response) => {
    const planned = responses[Math.min(received.length, responses.length - 1)]
    const { method = '', url = '', headers } = request
    received.push({ method, url, headers, body: await text(request) })
    response.writeHead(planned?.status ?? 204, planned?.headers).end()
  })
  await server.start()
  onTestFinished(() => server.close())
  return { received, origin: server.url }
}

async function beginTrial(api: Api, environment: Record<string, string> = {}): Promise<Trial> {
  return Trial.begin({
    environment: {
      Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
      DownstreamApis__weatherApp__BaseUrl: `${api.origin}/v1/`,
      DownstreamApis__weather__BaseUrl: `${api.origin}/v1/`,
      ...environment,
    },
  })
}

const unauthenticatedPath = `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}`

test('A call goes out as configured and overridden, with the agent’s token and the caller’s body', async () => {
  const api = await startApi({ status: 204 })
  const trial = await beginTrial(api, {
    DownstreamApis__weatherApp__HttpMethod: 'Put',
    DownstreamApis__weatherApp__AcceptHeader: 'text/csv',
  })
  const override = 'optionsOverride.RelativePath=/places'
  const response = await trial.call({
    method: 'POST',
    path: `${unauthenticatedPath}&${override}`,
    headers: { 'content-type': 'application/json' },
    body: '{"city":"Møns Klint"}',
  })
  expect(response.body).toBe('{"statusCode":204,"headers":{"Content-Length":["0"]},"content":null}')
  const [call] = api.received
  expect(call).toMatchObject({ method: 'PUT', url: '/v1/places', body: '{"city":"Møns Klint"}' })
  expect(call?.headers).toMatchObject({
    accept: 'text/csv',
    'content-type': 'application/json; charset=utf-8',
  })
  expect(decodeToken(call?.headers.authorization?.slice('Bearer '.length) ?? '')?.claims['azp']).toBe(
    ids.agent,
  )
})

test('/DownstreamApi responds with 401 only to refusals of Entra that a user could mend, and with 500 to all others', async () => {
  const api = await startApi({ status: 200 })
  for (const [error, status] of [
    ['interaction_required', 401],
    ['invalid_client', 500],
    ['invalid_resource', 500],
  ] as const) {
    const trial = await Trial.begin({
      environment: { DownstreamApis__weather__BaseUrl: api.origin },
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
    const trial = await Trial.begin({
      environment: {
        Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
        DownstreamApis__weatherApp__BaseUrl: url,
      },
    })
    expect((await trial.call({ method: 'POST', path: unauthenticatedPath })).status).toBe(500)
  }
})
