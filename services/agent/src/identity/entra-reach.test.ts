import { expect, it } from 'vitest'
import { lookAtEntra } from './entra-reach.ts'
import { agent, deadUrl, ids, startServer } from './testing/fixtures.ts'

it.each([
  [200, true],
  [204, true],
  [302, true],
  [404, true],
  [499, true],
  [500, false],
  [503, false],
])('Entra’s response with HTTP status %i means that Entra is within reach: %s', async (status, reach) => {
  const elsewhere = await startServer((_request, response) => response.writeHead(500).end())
  const entra = await startServer((_request, response) =>
    response.writeHead(status, { location: elsewhere.url }).end(status === 200 ? '{"keys":[]}' : ''),
  )
  expect(await lookAtEntra({ ...agent, authority: entra.url })).toBe(reach ? 'responds' : 'silent')
  expect(entra.requests.map(({ target }) => target)).toEqual([`GET /${ids.tenantId}/discovery/v2.0/keys`])
  expect(elsewhere.requests).toEqual([])
  await entra.close()
  await elsewhere.close()
})

it('Entra is out of reach if nothing listens at its address', async () => {
  expect(await lookAtEntra({ ...agent, authority: await deadUrl() })).toBe('silent')
})
