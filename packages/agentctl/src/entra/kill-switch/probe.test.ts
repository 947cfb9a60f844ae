import { startTestServer } from '@entra-agents/identity/testing/stage'
import { expect, it, onTestFinished } from 'vitest'
import { openProbe } from './probe.ts'

/** A probe whose requests get this answer; with the status 0, none. */
async function probeOf(status: number, body: string) {
  const { url, requests: asked } = await startTestServer((_request, response) => {
    if (status === 0) response.destroy()
    else response.writeHead(status, { location: '/elsewhere' }).end(body)
  })
  const probe = await openProbe({ namespace: undefined, sidecar: url, api: `${url}/things` })
  onTestFinished(() => probe[Symbol.asyncDispose]())
  return { probe, asked }
}

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
  const { probe, asked } = await probeOf(status, body)
  expect(await probe.fetchToken('agent-1', true)).toMatchObject({ kind, code })
  expect(asked[0]?.target).toContain('?AgentIdentity=agent-1&optionsOverride.AcquireTokenOptions.ForceRefresh=true')
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
  const { probe, asked } = await probeOf(status, body)
  expect(await probe.callApi('e30.e30.e30')).toEqual({ kind, code })
  expect(asked).toMatchObject([{ target: 'GET /things', headers: { authorization: 'Bearer e30.e30.e30' } }])
})
