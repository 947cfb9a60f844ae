import { describe, expect, it } from 'vitest'
import { LocalServer } from '../../packages/service-kit/src/testing/local-server.ts'
import { Graph } from './graph.ts'
import { type Credential, SignIn } from './sign-in.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'

function credential(name: string, token: string | Error): Credential {
  const getToken = async () => {
    if (token instanceof Error) throw token
    return { token, expiresOnTimestamp: 0 }
  }
  return { name, scopes: [], credential: { getToken } }
}

/** A Graph that accepts one token only. */
async function startGraph(accepted: string, status: number) {
  const server = new LocalServer((request, response) => {
    const isAccepted = request.headers.authorization === `Bearer ${accepted}`
    response.writeHead(isAccepted ? 200 : status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isAccepted ? { id: 'ada' } : { error: { code: 'No', message: 'No.' } }))
  })
  const { url } = await server.start()
  return { url, [Symbol.asyncDispose]: () => server.close() }
}

describe('signing in', () => {
  it.each([401, 403])(
    'changes to the next credential for good when Graph responds %i to a token',
    async status => {
      await using server = await startGraph('good', status)
      const said: string[] = []
      const ways = [credential('the Azure CLI', 'bad'), credential('a device code', 'good')]
      const graph = new Graph(server.url, new SignIn(tenantId, ways, line => void said.push(line)), fetch)
      expect(await graph.read('/me')).toEqual({ id: 'ada' })
      expect(await graph.read('/me')).toEqual({ id: 'ada' })
      expect(said).toEqual([
        'the Azure CLI: Graph does not accept its token for this. Going on by a device code.',
      ])
    },
  )

  it('changes to the next credential when the first gives no token', async () => {
    const said: string[] = []
    const ways = [
      credential('the Azure CLI', new Error('Please run az login.\nmore')),
      credential('b', 'good'),
    ]
    const signIn = new SignIn(tenantId, ways, line => void said.push(line))
    expect(await signIn.token()).toBe('good')
    expect(said).toEqual(['the Azure CLI: Please run az login. Going on by b.'])
  })

  it('fails with the refusal of Graph when there is no other credential', async () => {
    await using server = await startGraph('good', 403)
    const graph = new Graph(
      server.url,
      new SignIn(tenantId, [credential('a', 'bad')], () => undefined),
      fetch,
    )
    await expect(graph.read('/me')).rejects.toMatchObject({ status: 403, code: 'No' })
  })
})
