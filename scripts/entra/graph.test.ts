import { expect, it } from 'vitest'
import { Graph } from './graph.ts'
import { SignIn } from './sign-in.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'

it('a list is read to its last page, always from the configured Graph, even if the next link names another host', async () => {
  const pages: Readonly<Record<string, object>> = {
    'https://graph.example/v1.0/servicePrincipals': {
      value: [{ id: 'a' }],
      '@odata.nextLink': 'https://elsewhere.example/v1.0/servicePrincipals?$skiptoken=x',
    },
    'https://graph.example/v1.0/servicePrincipals?$skiptoken=x': { value: [{ id: 'b' }] },
  }
  const signIn = new SignIn(tenantId, [{ name: 'a', fix: '', token: async () => 'opaque' }], () => undefined)
  const graph = new Graph('https://graph.example', signIn, async url =>
    url in pages ? Response.json(pages[url]) : new Response(null, { status: 404 }),
  )
  expect(await graph.list('/servicePrincipals')).toEqual([{ id: 'a' }, { id: 'b' }])
  expect(await graph.list('/nothing')).toEqual([])
})
