import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { badTokens, oneOfEachFault } from '@entra-agents/tokens/testing/corpus'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { startWeatherApi } from '../weather-api/service.ts'

type Sent = Readonly<Record<string, string>>

const listTools = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
const ofLength = (length: number) => listTools + ' '.repeat(length - listTools.length)

const api = await forFile(startWeatherApi({ ALLOWED_HOSTS: 'localhost,weather-api' }))
const bearer = (token = api.autonomous()) => ({ authorization: `Bearer ${token}` })

/** Status, code, and the headers that matter. Without a body only headers are sent, as if the body were still to come. */
async function describeResponse(headers: Sent, body?: string, method = 'POST'): Promise<string> {
  const usual = {
    host: 'localhost',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body ?? listTools),
  }
  const sent = request(`${api.url}/mcp`, { method, headers: { ...usual, ...headers } })
  if (body === undefined) sent.flushHeaders()
  else sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { statusCode, headers: received } = response
  const document = await text(response)
  sent.destroy()
  const isProblem = received['content-type']?.startsWith('application/problem+json')
  const challenge = received['www-authenticate']
  const parts = [statusCode, isProblem && JSON.parse(document).code, challenge, received.allow]
  return parts.filter(Boolean).join(' ')
}

it('The MCP endpoint of the weather API refuses, in the words of the golden text, all that is no good request of an allowed caller', async () => {
  const good = bearer()
  const faults = oneOfEachFault(badTokens(api.issuer))
  expect(faults).toHaveLength(10)
  const sections: Readonly<Record<string, Readonly<Record<string, Promise<string>>>>> = {
    'A bad token, before a byte of the body has come': Object.fromEntries(
      faults.map(({ name, token }) => [name, describeResponse(bearer(token))]),
    ),
    'No token in the Authorization header': {
      'no header': describeResponse({}),
      'another scheme': describeResponse({ authorization: 'Basic YTpi' }),
      'a cookie': describeResponse({ cookie: `access_token=${api.autonomous()}` }),
      GET: describeResponse({}, undefined, 'GET'),
      DELETE: describeResponse({}, undefined, 'DELETE'),
    },
    'A good token without the right': {
      'no role': describeResponse(bearer(api.autonomous({ roles: [] }))),
    },
    // Any site could let its own name lead to the API.
    'A host name': {
      'with a port': describeResponse({ ...good, host: 'localhost:8080' }, listTools),
      'of the cluster': describeResponse({ ...good, host: 'weather-api' }, listTools),
      'of another site': describeResponse({ ...good, host: 'evil.example' }),
      'an address': describeResponse({ ...good, host: '127.0.0.1' }),
    },
    'A page of another site, with a good token': {
      'its origin': describeResponse({ ...good, origin: 'https://evil.example' }),
      'a fetch': describeResponse({ ...good, 'sec-fetch-site': 'cross-site' }),
    },
    'A request with a good token': {
      'a body of 64 KiB': describeResponse(good, ofLength(65_536)),
      'a larger body': describeResponse(good, ofLength(65_537)),
      'GET, which only sessions have': describeResponse(good, listTools, 'GET'),
      'DELETE, which only sessions have': describeResponse(good, listTools, 'DELETE'),
      'a body that is no JSON': describeResponse(good, '{'),
      'a body of another type': describeResponse({ ...good, 'content-type': 'text/plain' }, listTools),
      'a client that takes no events': describeResponse({ ...good, accept: 'application/json' }, listTools),
      'an unknown revision': describeResponse({ ...good, 'mcp-protocol-version': '1999-01-01' }, listTools),
    },
  }
  const lines: string[] = []
  for (const [title, requests] of Object.entries(sections)) {
    lines.push(title)
    for (const [what, described] of Object.entries(requests)) lines.push(`  ${what}: ${await described}`)
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('refusals.txt')
})

it('Without a public URL there are no metadata and no host name of its own; with one, its host name is answered', async () => {
  await using unnamed = await startWeatherApi()
  await using named = await startWeatherApi({ PUBLIC_URL: 'https://weather-api/mcp' })
  const metadata = '/.well-known/oauth-protected-resource/mcp'
  const statuses = async (paths: readonly [typeof api, string][]) =>
    Promise.all(paths.map(async ([server, path]) => (await server.get(path)).status))
  expect(
    await statuses([
      [unnamed, metadata],
      [unnamed, '/mcp'],
    ]),
  ).toEqual([404, 421])
  expect(
    await statuses([
      [named, metadata],
      [named, '/mcp'],
    ]),
  ).toEqual([200, 401])
})
