import { decodeToken } from '@entra-agents/tokens/verify'
import { beforeAll, expect, test } from 'vitest'
import { exchange } from './replay/exchange.ts'
import type { RecordedResponse } from './replay/recording.ts'
import { setStage } from './replay/stage.ts'
import { ids } from './replay/trial.ts'

const {
  SIDECAR_CONTRACT_URL,
  SIDECAR_CONTRACT_API = 'weatherApp',
  SIDECAR_CONTRACT_AGENT_ID = ids.agent,
} = process.env

let origin = SIDECAR_CONTRACT_URL?.replace(/\/+$/, '') ?? ''

beforeAll(async () => {
  if (SIDECAR_CONTRACT_URL) return undefined
  const emulator = await setStage()
  origin = emulator.origin
  return () => emulator[Symbol.asyncDispose]()
})

const call = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<RecordedResponse> => exchange(origin, { method, path, headers })

test('A sidecar, seen from outside, responds to each route, method and caller as the official one', async () => {
  type Request = [method: string, path: string, authorization?: string | undefined]
  const requests: Request[] = [
    ['GET', '/healthz'],
    ['POST', '/healthz'],
    ['PUT', '/healthz'],
    ['GET', '/'],
    ['GET', '/health'],
    ['GET', '/AuthorizationHeader'],
    ['GET', '/openapi/v1.json'],
    ['POST', '/Validate'],
    ['POST', '/AuthorizationHeader/x'],
    ['DELETE', '/AuthorizationHeaderUnauthenticated/x'],
    ['GET', '/DownstreamApi/x'],
    ['GET', '/DownstreamApiUnauthenticated/x'],
    ...[undefined, 'Basic eDp5', 'Bearer x'].map((caller): Request => ['GET', '/Validate', caller]),
    ['GET', '/AuthorizationHeader/x'],
    ['POST', '/DownstreamApi/x'],
    ['GET', '/AuthorizationHeaderUnauthenticated/nobody-configured-me'],
  ]
  const lines: string[] = []
  for (const [method, path, authorization] of requests) {
    const { status, headers, body } = await call(method, path, authorization ? { authorization } : {})
    const request = [method, path, ...(authorization ? [`(${authorization})`] : [])].join(' ')
    lines.push(
      `${request}\n  ${status} ${JSON.stringify(headers, Object.keys(headers).sort())}\n  ${body}`.trimEnd(),
    )
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('black-box.txt')
})

test('A sidecar gives the agent identity a token of its own, the same for every call', async () => {
  const path = `/AuthorizationHeaderUnauthenticated/${SIDECAR_CONTRACT_API}?AgentIdentity=${SIDECAR_CONTRACT_AGENT_ID}`
  const [first, second] = [await call('GET', path), await call('GET', path)]
  expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
  expect(second.body).toBe(first.body)
  const { authorizationHeader } = JSON.parse(first.body ?? '')
  const claims = decodeToken(authorizationHeader.slice('Bearer '.length))?.claims
  expect(claims?.['azp'] ?? claims?.['appid']).toBe(SIDECAR_CONTRACT_AGENT_ID)
})
