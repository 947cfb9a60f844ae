import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { decodeToken } from '@entra-agents/tokens/verify'
import { expect, onTestFinished, test } from 'vitest'
import type { TokenOutcome } from './replay/entra-behaviour.ts'
import { exchangeFromElsewhere } from './replay/exchange.ts'
import {
  agentQuery,
  autonomousPath,
  beginTrial,
  claimsOf,
  grantOf,
  ids,
  onBehalfOfPath,
} from './replay/trial.ts'

test('Callers that are not on this machine get an empty 403 on every path but that of the health check', async () => {
  const trial = await beginTrial()
  const { app, port } = trial.stage
  const callFromElsewhere = async (path: string) => {
    const { status, body } = await exchangeFromElsewhere(app, port, { method: 'GET', path, headers: {} })
    return { status, body }
  }
  expect(await callFromElsewhere(autonomousPath)).toEqual({ status: 403, body: '' })
  expect(await callFromElsewhere('/nope')).toEqual({ status: 403, body: '' })
  expect(await callFromElsewhere('/healthz')).toEqual({ status: 200, body: 'Healthy' })
  expect(trial.takeTokenRequests()).toEqual([])
})

test('A token that expired less than five minutes ago still passes', async () => {
  const trial = await beginTrial()
  const headers = trial.signIn()
  trial.clock.advanceSeconds(3600 + 290)
  expect((await trial.get(onBehalfOfPath, headers)).status).toBe(200)
  trial.clock.advanceSeconds(20)
  expect((await trial.get(onBehalfOfPath, headers)).status).toBe(401)
})

test('A token that is sent where no token is needed is verified, and only then ignored', async () => {
  const trial = await beginTrial()
  expect((await trial.get('/healthz', trial.signIn())).status).toBe(200)
  expect(trial.stage.entra.takeRequests().map(({ path }) => path)).toHaveLength(4)
})

test('A request still gets its response if the sidecar begins to stop meanwhile', async () => {
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const trial = await beginTrial({
    outcome: () => {
      asked.resolve()
      return grantOf({ after: goOn.promise })
    },
  })
  const response = trial.get(autonomousPath)
  await asked.promise
  const stopped = trial.stage.app.close()
  goOn.resolve()
  expect((await response).status).toBe(200)
  await stopped
})

test('A caller that hangs up aborts the request to Entra', async () => {
  const caller = new AbortController()
  const hangUpOnceAsked = (): TokenOutcome => {
    setImmediate(() => caller.abort())
    return { kind: 'hang' }
  }
  const trial = await beginTrial({ outcome: hangUpOnceAsked })
  const { error } = await trial.call({ path: autonomousPath, hangUp: caller.signal })
  expect(error).toBe('timeout')
  await expect.poll(() => trial.stage.entra.abandoned).toBe(1)
})

test('Tokens are renewed in the background once Entra’s refresh_in has passed', async () => {
  const grant = { expiresInSeconds: 7200, refreshInSeconds: 3600 }
  const trial = await beginTrial({ outcome: () => grantOf(grant) })
  const first = claimsOf(await trial.get(autonomousPath))
  trial.clock.advanceSeconds(3601)
  expect(claimsOf(await trial.get(autonomousPath))).toEqual(first)
  await expect.poll(async () => claimsOf(await trial.get(autonomousPath))).not.toEqual(first)
})

test('Equal first calls do not share requests: fifty callers make fifty requests of each leg', async () => {
  const gates = { T1: Promise.withResolvers<void>(), TR: Promise.withResolvers<void>() }
  const missing = { T1: 50, TR: 50 }
  // No caller gets its response before all have asked.
  const trial = await beginTrial({
    outcome: form => {
      const leg = form.has('fmi_path') ? 'T1' : 'TR'
      if (--missing[leg] === 0) gates[leg].resolve()
      return grantOf({ after: gates[leg].promise })
    },
  })
  const responses = await Promise.all(Array.from({ length: 50 }, () => trial.get(autonomousPath)))
  expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200))
  expect(trial.takeTokenRequests()).toHaveLength(100)
})

test('A call of an API goes out as configured and overridden, with the agent’s token and the caller’s body', async () => {
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
      Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
      DownstreamApis__weatherApp__BaseUrl: `${api.url}/v1/`,
      DownstreamApis__weatherApp__HttpMethod: 'Put',
      DownstreamApis__weatherApp__AcceptHeader: 'text/csv',
    },
  })
  const { body } = await trial.call({
    method: 'POST',
    path: `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}&optionsOverride.RelativePath=/places`,
    headers: { 'content-type': 'application/json' },
    body: '{"city":"Møns Klint"}',
  })
  expect(body).toBe('{"statusCode":204,"headers":{"Content-Length":["0"]},"content":null}')
  expect(received).toEqual(['PUT /v1/places text/csv application/json; charset=utf-8 {"city":"Møns Klint"}'])
  expect(decodeToken(tokens[0] ?? '')?.claims['azp']).toBe(ids.agent)
})
