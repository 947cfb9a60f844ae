import { expect, it, onTestFinished } from 'vitest'
import { deadUrl, startTestServer } from './downstream/testing/stage.ts'
import { createEntraReach } from './entra-reach.ts'
import { agent, ids } from './testing/fixtures.ts'

function reachOf(authority: string) {
  const reach = createEntraReach({ ...agent, authority })
  onTestFinished(() => reach.close())
  return reach
}

it.each([
  [200, true],
  [302, true],
  [499, true],
  [500, false],
])('Entra’s response with HTTP status %i means that Entra is within reach: %s', async (status, reach) => {
  const elsewhere = await startTestServer((_request, response) => response.writeHead(500).end())
  const entra = await startTestServer((_request, response) =>
    response.writeHead(status, { location: elsewhere.url }).end(status === 200 ? '{"keys":[]}' : ''),
  )
  expect(await reachOf(entra.url).look()).toBe(reach ? 'responds' : 'silent')
  expect(entra.requests.map(({ target }) => target)).toEqual([`GET /${ids.tenantId}/discovery/v2.0/keys`])
  expect(elsewhere.requests).toEqual([])
})

it('Entra is out of reach if nothing listens at its address', async () => {
  expect(await reachOf(await deadUrl()).look()).toBe('silent')
})

it('Entra is asked once by all who look at the same time, and again by the next', async () => {
  const entra = await startTestServer((_request, response) => response.end('{"keys":[]}'))
  const reach = reachOf(entra.url)
  await Promise.all([reach.look(), reach.look(), reach.look()])
  expect(entra.requests).toHaveLength(1)
  await reach.look()
  expect(entra.requests).toHaveLength(2)
})

it('A look at Entra ends when the agent stops', async () => {
  const entra = await startTestServer(() => undefined)
  const reach = reachOf(entra.url)
  const looking = reach.look()
  await expect.poll(() => entra.requests.length).toBe(1)
  await reach.close()
  expect(await looking).toBe('silent')
})
