import { beforeAll, describe, expect, test } from 'vitest'
import { startEmulator } from './replay/emulator.ts'
import { exchange } from './replay/exchange.ts'
import type { RecordedResponse } from './replay/recording.ts'
import { decodeToken } from './replay/tokens.ts'
import { ids } from './replay/trial.ts'

const {
  SIDECAR_CONTRACT_URL,
  SIDECAR_CONTRACT_API = 'weatherApp',
  SIDECAR_CONTRACT_AGENT_ID = ids.agent,
} = process.env

let origin = ''

beforeAll(async () => {
  if (SIDECAR_CONTRACT_URL) {
    origin = SIDECAR_CONTRACT_URL.replace(/\/+$/, '')
    return undefined
  }
  const emulator = await startEmulator()
  origin = emulator.origin
  return async () => emulator[Symbol.asyncDispose]()
})

async function call(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<RecordedResponse> {
  return exchange(origin, { method, path, headers })
}

describe('A sidecar, seen from outside', () => {
  test.each(['GET', 'POST', 'PUT'])('responds to %s /healthz that it is healthy', async method => {
    const { status, headers, body } = await call(method, '/healthz')
    expect({ status, body, type: headers['content-type'] }).toEqual({
      status: 200,
      body: 'Healthy',
      type: 'text/plain',
    })
    expect(headers).toMatchObject({
      'cache-control': 'no-cache, no-store, must-revalidate',
      expires: '0',
      pragma: 'no-cache',
    })
  })

  test.each(['/', '/health', '/AuthorizationHeader', '/openapi/v1.json'])('has no route %s', async path => {
    expect(await call('GET', path)).toMatchObject({
      status: 404,
      headers: { 'content-length': '0' },
      body: '',
    })
  })

  test.each([
    ['POST', '/Validate', 'GET'],
    ['POST', '/AuthorizationHeader/x', 'GET'],
    ['DELETE', '/AuthorizationHeaderUnauthenticated/x', 'GET'],
    ['GET', '/DownstreamApi/x', 'POST'],
    ['GET', '/DownstreamApiUnauthenticated/x', 'POST'],
  ])('refuses the method %s at %s', async (method, path, allow) => {
    expect(await call(method, path)).toMatchObject({ status: 405, headers: { allow, 'content-length': '0' } })
  })

  test.each([
    ['no token', {}, 'Bearer'],
    ['another scheme', { authorization: 'Basic eDp5' }, 'Bearer'],
    ['no JWT', { authorization: 'Bearer x' }, 'Bearer error="invalid_token"'],
  ])('challenges a caller that sends %s', async (_what, headers, challenge) => {
    for (const [method, path] of [
      ['GET', '/Validate'],
      ['GET', '/AuthorizationHeader/x'],
      ['POST', '/DownstreamApi/x'],
    ] as const) {
      const response = await call(method, path, headers)
      expect(response).toMatchObject({ status: 401, body: '', headers: { 'www-authenticate': challenge } })
    }
  })

  test('says that it found no scopes for an API that nobody configured', async () => {
    const {
      status,
      headers,
      body = '',
    } = await call('GET', '/AuthorizationHeaderUnauthenticated/nobody-configured-me')
    expect(headers).toEqual({ 'content-type': 'application/problem+json', 'transfer-encoding': 'chunked' })
    expect(JSON.parse(body)).toEqual({
      type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
      title: 'Bad Request',
      status: 400,
      detail:
        "No scopes found for the API 'nobody-configured-me' or in optionsOverride. 'scopes' needs to be either a single value or a list of values.",
    })
    expect(status).toBe(400)
  })

  test('gives the agent identity a token of its own, the same for every call', async () => {
    const path = `/AuthorizationHeaderUnauthenticated/${SIDECAR_CONTRACT_API}?AgentIdentity=${SIDECAR_CONTRACT_AGENT_ID}`
    const [first, second] = [await call('GET', path), await call('GET', path)]
    expect(first).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(second.body).toBe(first.body)
    const { authorizationHeader } = JSON.parse(first.body ?? '')
    const claims = decodeToken(authorizationHeader.slice('Bearer '.length))?.claims
    expect(claims?.['azp'] ?? claims?.['appid']).toBe(SIDECAR_CONTRACT_AGENT_ID)
  })
})
