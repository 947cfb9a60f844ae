import { expect, it } from 'vitest'
import { Graph, type SendRequest } from './graph.ts'
import { SignIn } from './sign-in.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'

function newGraph(send: SendRequest): Graph {
  const signIn = new SignIn(tenantId, [{ name: 'a', fix: '', token: async () => 'opaque' }], () => undefined)
  return new Graph('https://graph.example', signIn, send)
}

it('a list is read to its last page, always from the configured Graph, even if the next link names another host', async () => {
  const pages: Readonly<Record<string, object>> = {
    'https://graph.example/v1.0/servicePrincipals': {
      value: [{ id: 'a' }],
      '@odata.nextLink': 'https://elsewhere.example/v1.0/servicePrincipals?$skiptoken=x',
    },
    'https://graph.example/v1.0/servicePrincipals?$skiptoken=x': { value: [{ id: 'b' }] },
  }
  const graph = newGraph(async url =>
    url in pages ? Response.json(pages[url]) : new Response(null, { status: 404 }),
  )
  expect(await graph.list('/servicePrincipals')).toEqual([{ id: 'a' }, { id: 'b' }])
  expect(await graph.list('/nothing')).toEqual([])
})

it('a list that goes on at an address that is not there is a failure, not the end of the list', async () => {
  const first = { value: [{ id: 'a' }], '@odata.nextLink': 'https://graph.example/v1.0/x?$skiptoken=1' }
  const graph = newGraph(async url =>
    url.includes('skiptoken') ? new Response(null, { status: 404 }) : Response.json(first),
  )
  await expect(graph.list('/x')).rejects.toMatchObject({ status: 404 })
})

it('requests side by side whose token is refused all go on with the next credential, which is chosen once', async () => {
  const said: string[] = []
  const credentials = ['a', 'b'].map(name => ({ name, fix: '', token: async () => `token-${name}` }))
  const signIn = new SignIn(tenantId, credentials, line => void said.push(line))
  const graph = new Graph('https://graph.example', signIn, async (_url, { headers }) =>
    JSON.stringify(headers).includes('token-b')
      ? Response.json({ ok: true })
      : new Response(null, { status: 403 }),
  )
  const sent = ['/x', '/y', '/z'].map(path => graph.send({ method: 'PATCH', path }))
  expect(await Promise.all(sent)).toEqual([{ ok: true }, { ok: true }, { ok: true }])
  expect(said).toHaveLength(1)
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
  const graph = newGraph(async () => new Response(null, { status: 429, headers }))
  const { retryAfterSeconds } = await graph.read('/x').catch(error => error)
  if (seconds === 3_600) expect(Math.abs(retryAfterSeconds - seconds)).toBeLessThan(60)
  else expect(retryAfterSeconds).toBe(seconds)
})
