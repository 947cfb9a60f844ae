import { describe, expect, it } from 'vitest'
import { Graph, type SendRequest } from './graph.ts'
import { SignIn } from './sign-in.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'

/** A Graph, and what signing in by these tokens says; an error stands for a credential that gives no token. */
function newGraph(send: SendRequest, tokens: readonly (string | Error)[] = ['opaque']) {
  const said: string[] = []
  const credentials = tokens.map((token, index) => ({
    name: `way ${index}`,
    fix: '',
    token: async () => {
      if (token instanceof Error) throw token
      return token
    },
  }))
  const signIn = new SignIn(tenantId, credentials, line => void said.push(line))
  return { graph: new Graph('https://graph.example', signIn, send), said }
}
/** A Graph that accepts one token, and answers others with this status. */
const accepting =
  (token: string, status: number): SendRequest =>
  async (_url, { headers }) =>
    JSON.stringify(headers).includes(`Bearer ${token}"`)
      ? Response.json({ id: 'ada' })
      : Response.json({ error: { code: 'No', message: 'No.' } }, { status })

describe('a list', () => {
  const next = (value: string, link: string) => ({ value: [{ id: value }], '@odata.nextLink': link })
  const listOf = (pages: Readonly<Record<string, object>>) =>
    newGraph(async url => (url in pages ? Response.json(pages[url]) : new Response(null, { status: 404 })))

  it('is read to its last page, always from the configured Graph, even if the next link names another host', async () => {
    const { graph } = listOf({
      'https://graph.example/v1.0/x': next('a', 'https://elsewhere.example/v1.0/x?$skiptoken=1'),
      'https://graph.example/v1.0/x?$skiptoken=1': { value: [{ id: 'b' }] },
    })
    expect(await graph.list('/x')).toEqual([{ id: 'a' }, { id: 'b' }])
    expect(await graph.list('/nothing')).toEqual([])
  })

  it('that goes on at an address that is not there is a failure, not the end of the list', async () => {
    const { graph } = listOf({
      'https://graph.example/v1.0/x': next('a', 'https://graph.example/v1.0/x?$skiptoken=1'),
    })
    await expect(graph.list('/x')).rejects.toMatchObject({ status: 404 })
  })
})

describe('signing in', () => {
  it.each([401, 403])(
    'changes to the next credential for good when Graph responds %i to a token, once for requests side by side',
    async status => {
      const { graph, said } = newGraph(accepting('good', status), ['bad', 'good'])
      const sent = ['/x', '/y', '/z'].map(path => graph.send({ method: 'PATCH', path }))
      expect(await Promise.all(sent)).toEqual([{ id: 'ada' }, { id: 'ada' }, { id: 'ada' }])
      expect(await graph.read('/me')).toEqual({ id: 'ada' })
      expect(said).toEqual(['way 0: Graph does not accept its token for this. Going on by way 1.'])
    },
  )

  it('changes to the next credential when the first gives no token', async () => {
    const { graph, said } = newGraph(accepting('good', 401), [
      new Error('Please run az login.\nmore'),
      'good',
    ])
    expect(await graph.read('/me')).toEqual({ id: 'ada' })
    expect(said).toEqual(['way 0: Please run az login. Going on by way 1.'])
  })

  it('fails with the refusal of Graph when there is no other credential', async () => {
    const { graph } = newGraph(accepting('good', 403), ['bad'])
    await expect(graph.read('/me')).rejects.toMatchObject({ status: 403, code: 'No' })
  })
})

it.each([
  ['7', 7],
  [new Date(Date.now() + 3_600_000).toUTCString(), 3_600],
  [new Date(0).toUTCString(), 1],
  ['-5', 1],
  ['0', 1],
  ['99999999999999999999', 9_999],
  ['soon', undefined],
])('a response with “Retry-After: %s” asks to wait, within bounds', async (value, seconds) => {
  const headers = { 'retry-after': value }
  const { graph } = newGraph(async () => new Response(null, { status: 429, headers }))
  const { retryAfterSeconds } = await graph.read('/x').catch(error => error)
  if (seconds === 3_600) expect(Math.abs(retryAfterSeconds - seconds)).toBeLessThan(60)
  else expect(retryAfterSeconds).toBe(seconds)
})
