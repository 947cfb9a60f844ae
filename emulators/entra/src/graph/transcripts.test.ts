import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as wellKnown from '@entra-agents/trace/well-known'
import { expect, it } from 'vitest'
import { describeBody, describeResponses, insertIds, nameIds } from '../testing/describe-responses.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestCustomToken } from '../testing/requests.ts'
import { setupAppId, type TokenResponse, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

/** What later lines may name: the id of the latest object that was made, and the address of a list's next page. */
let made = ''
let next = ''

/** Sends a request as a line of a transcript describes it: perhaps a user's scopes or an application's roles, method, path, body. */
async function sendLine(line: string) {
  const full = insertIds(line).replaceAll('<made>', made).replace('<next>', next)
  const [, kind, permissions = '', method = '', path = '', body] =
    /^(?:(scopes|roles)=(\S+) )?(\w+) (\S+)(?: (\{.*\}))?$/.exec(full) ?? []
  const bearer = kind && (await graph.as({ [kind]: permissions.split(',') }))
  const answer = await graph.send(method, path, body && JSON.parse(body), bearer || undefined)
  if (answer.status === 201) made = answer.body.id ?? made
  next = answer.body?.['@odata.nextLink']?.replace(entra.url, '') ?? ''
  return answer
}

/** What Graph sends, without what is empty. */
const show = (body: unknown) =>
  JSON.stringify(body, (name, value) =>
    /^@odata.(?:context|nextLink)$/.test(name) || value === null ? undefined : value,
  ) ?? ''

/** A line without what differs from run to run. */
const steady = (line: string) =>
  nameIds(entra, line.replaceAll(made || 'none', '<made>'))
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>')
    .trim()

it.each([
  ['refusals.txt', describeBody],
  ['requests.txt', (body: TokenResponse['body']) => describeBody(body) || show(body)],
])(
  'Graph responds to the requests of %s (“>”) as it says (“<”); “#” begins with a fresh tenant',
  async (name, describe) => {
    const file = join(import.meta.dirname, name)
    const lines: string[] = []
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line.startsWith('#')) entra.entra.reset()
      if (!line.startsWith('<')) lines.push(line)
      if (!line.startsWith('> ')) continue
      const { status, body } = await sendLine(line.slice(2))
      lines.push(steady(`< ${status} ${describe(body)}`))
    }
    await expect(lines.join('\n')).toMatchFileSnapshot(file)
  },
)

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
