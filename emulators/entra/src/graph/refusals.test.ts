import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as wellKnown from '@entra-agents/trace/well-known'
import { expect, it } from 'vitest'
import { describeBody, describeResponses, insertIds, nameIds } from '../testing/describe-responses.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestCustomToken } from '../testing/requests.ts'
import { setupAppId, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const transcriptFile = join(import.meta.dirname, 'refusals.txt')

/** Sends a request as a line of the transcript describes it: perhaps a user's scopes or an application's roles, method, path, body. */
async function sendLine(line: string) {
  const [, kind, permissions = '', method = '', path = '', body] =
    /^(?:(scopes|roles)=(\S+) )?(\w+) (\S+)(?: (\{.*\}))?$/.exec(insertIds(line)) ?? []
  const bearer = kind && (await graph.as({ [kind]: permissions.split(',') }))
  return graph.send(method, path, body && JSON.parse(body), bearer || undefined)
}

it('Graph responds to the requests of the transcript (“>”) as it says (“<”), with Entra’s codes; “#” begins with a fresh tenant', async () => {
  const lines: string[] = []
  for (const line of readFileSync(transcriptFile, 'utf8').split('\n')) {
    if (line.startsWith('#')) entra.entra.reset()
    if (!line.startsWith('<')) lines.push(line)
    if (!line.startsWith('> ')) continue
    const { status, body } = await sendLine(line.slice(2))
    lines.push(nameIds(entra, `< ${status} ${describeBody(body)}`).trim())
  }
  await expect(lines.join('\n')).toMatchFileSnapshot(transcriptFile)
})

it('Graph refuses callers without a valid token for it, and says how to authenticate and when to try again', async () => {
  const read = (authorization?: string) =>
    graph.send('GET', '/v1.0/applications', undefined, authorization ? { authorization } : {})
  const readWith = async (token: Readonly<Record<string, unknown>>) => {
    const order = { client: setupAppId, resource: wellKnown.graphUri, ...token }
    return read(`Bearer ${await requestCustomToken(entra, order)}`)
  }
  const responses = describeResponses(entra, {
    'no token': () => read(),
    'a foreign token': () => read('Bearer eyJhbGciOiJub25lIn0.e30.'),
    'a token for another API': () => readWith({ resource: weatherAppId }),
    'an expired token': () => readWith({ lifetimeSeconds: -1 }),
  })
  await expect(await responses).toMatchFileSnapshot('callers.txt')
  const { headers, body } = await read()
  expect(headers.get('www-authenticate')).toBe('Bearer')
  const ids = { 'request-id': expect.any(String), 'client-request-id': expect.any(String) }
  expect(body.error.innerError).toMatchObject(ids)
  entra.entra.faults.inject({ fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 3 } })
  expect((await graph.send('GET', '/v1.0/applications')).headers.get('retry-after')).toBe('3')
})
