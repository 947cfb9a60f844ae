import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'

let demo: Demo
let agentUrl: string
let userToken: string

beforeAll(async () => {
  demo = await Demo.install('four-paths')
  agentUrl = await demo.agentUrl()
  userToken = await (await EntraControls.of(demo)).signIn()
})
afterAll(() => demo?.[Symbol.asyncDispose]())

describe('the charts in a namespace that enforces Pod Security restricted', () => {
  it.each([
    { mode: 'direct', flow: 'autonomous' },
    { mode: 'direct', flow: 'obo' },
    { mode: 'bedrock', flow: 'autonomous' },
    { mode: 'bedrock', flow: 'obo' },
  ] as const)('run an agent that answers through a port-forward: $mode, $flow', async ({ mode, flow }) => {
    const { status, body } = await ask(agentUrl, { mode, flow }, flow === 'obo' ? userToken : undefined)
    expect(body).toMatchObject({ mode, flow, answer: expect.stringContaining('Dallas') })
    expect(status).toBe(200)
    const validated = JSON.stringify(body.trace)
    expect(validated).toContain(
      flow === 'obo' ? `"on_behalf_of":"${identities.ada.oid}"` : '"on_behalf_of":null',
    )
  })

  it('make no secret but the certificate of the Entra emulator', async () => {
    const secrets = await demo.namespace.list('secrets')
    const names = secrets
      .map(({ metadata }) => metadata.name)
      .filter(name => !name.startsWith('sh.helm.release.'))
    expect(names).toEqual(['entra-emulator-tls'])
  })
})
