import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openProbe, type Probe } from './probe.ts'

let server: LocalServer
let probe: Probe & AsyncDisposable
let answer: { status: number; body: string }
let asked: { url: string | undefined; authorization: string | undefined }[]

beforeAll(async () => {
  server = new LocalServer(({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization })
    if (answer.status === 0) return void response.destroy()
    response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body)
  })
  const { url } = await server.start()
  probe = await openProbe({ namespace: undefined, sidecar: url, api: `${url}/things` })
})
beforeEach(() => {
  asked = []
})
afterAll(async () => {
  await probe[Symbol.asyncDispose]()
  await server.close()
})

// biome-ignore format: table
it.each([
  [200, '{"authorizationHeader":"Bearer e30.e30.e30"}', 'given', '200'],
  [200, '{}', 'failed', 'no token'],
  [401, '{"detail":"AADSTS7000112: Application is disabled."}', 'refused', 'AADSTS7000112'],
  [500, '{"detail":"AADSTS7000112: Application is disabled."}', 'refused', 'AADSTS7000112'],
  [429, '', 'busy', '429'],
  [400, '{"detail":"AADSTS90055: Too many requests."}', 'busy', 'AADSTS90055'],
  [401, '', 'failed', '401'],
  [503, '', 'failed', '503'],
  [0, '', 'failed', 'no response'],
])('The sidecar’s response with status %i and body “%s” is classified as `%s`', async (status, body, kind, code) => {
  answer = { status, body }
  expect(await probe.fetchToken('agent-1', true)).toMatchObject({ kind, code })
  expect(asked[0]?.url).toContain('?AgentIdentity=agent-1&optionsOverride.AcquireTokenOptions.ForceRefresh=true')
})

// biome-ignore format: table
it.each([
  [200, '', 'given', '200'],
  [401, '{"failedCheck":"lifetime"}', 'refused', '401 lifetime'],
  [403, '{"failedCheck":"deny-list"}', 'refused', '403 deny-list'],
  [403, '', 'refused', '403'],
  [429, '', 'busy', '429'],
  [302, '', 'failed', '302'],
  [502, '', 'failed', '502'],
  [0, '', 'failed', 'no response'],
])('The API’s response with status %i and body “%s” is classified as `%s`', async (status, body, kind, code) => {
  answer = { status, body }
  expect(await probe.callApi('e30.e30.e30')).toEqual({ kind, code })
  expect(asked).toEqual([{ url: '/things', authorization: 'Bearer e30.e30.e30' }])
})
