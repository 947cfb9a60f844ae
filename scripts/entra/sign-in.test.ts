import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as identity from '@azure/identity'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LocalServer } from '../../packages/service-kit/src/testing/local-server.ts'
import { Graph } from './graph.ts'
import { azureCliToken, type Credential, SignIn } from './sign-in.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'

function credential(name: string, token: string | Error): Credential {
  return {
    name,
    fix: '',
    token: async () => {
      if (token instanceof Error) throw token
      return token
    },
  }
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

describe('the Azure CLI', () => {
  const graphUrl = 'https://graph.microsoft.com'
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'az-'))
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
    return () => rmSync(folder, { recursive: true })
  })

  /** A script in place of the CLI, which prints `token-1` at its first start; that token expires in so many seconds. */
  function writeAz(firstExpiresIn: number) {
    const now = Math.round(Date.now() / 1_000)
    const script = `#!/bin/sh
echo start >> ${folder}/starts
number=$(grep -c start ${folder}/starts)
expires=$([ $number = 1 ] && echo ${now + firstExpiresIn} || echo ${now + 3_600})
echo "{\\"accessToken\\": \\"token-$number\\", \\"expires_on\\": $expires}"
`
    writeFileSync(join(folder, 'az'), script, { mode: 0o755 })
  }
  const starts = () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').length - 1

  it('is started once for all requests, also for those that are sent at the same time', async () => {
    writeAz(3_600)
    const token = azureCliToken(identity, tenantId, graphUrl)
    expect(await Promise.all([token(), token()])).toEqual(['token-1', 'token-1'])
    expect(await token()).toBe('token-1')
    expect(starts()).toBe(1)
  })

  it('is started again before a token expires', async () => {
    writeAz(0)
    const token = azureCliToken(identity, tenantId, graphUrl)
    expect([await token(), await token(), await token()]).toEqual(['token-1', 'token-2', 'token-2'])
    expect(starts()).toBe(2)
  })

  it('is named if it prints no token', async () => {
    writeFileSync(join(folder, 'az'), '#!/bin/sh\n', { mode: 0o755 })
    const token = azureCliToken(identity, tenantId, graphUrl)
    await expect(token()).rejects.toThrow('az gave no token within 10 s.')
  })
})
