import { beforeAll, describe, expect, it } from 'vitest'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { useResources } from './support/resources.ts'

const tokenFiles = { sidecar: '/var/run/secrets/blueprint/token', agent: '/var/run/secrets/aws/token' }

const resources = useResources()
let demo: Demo
let entra: EntraControls
let agentUrl: string

beforeAll(async () => {
  demo = resources.use(await Demo.install('secretless'))
  entra = await EntraControls.of(demo)
  agentUrl = await demo.agentUrl()
})

/** The claims of a projected token, read in the container that it is mounted into. */
function claimsOf(container: 'agent' | 'sidecar'): Promise<Readonly<Record<string, unknown>>> {
  return demo.runIn(
    'agent',
    container,
    `import { readFileSync } from 'node:fs'
     const [, claims] = readFileSync('${tokenFiles[container]}', 'utf8').split('.')
     result = JSON.parse(Buffer.from(claims, 'base64url').toString())`,
  )
}

describe('the cluster’s own tokens', () => {
  it.each([
    { container: 'sidecar', audience: 'api://AzureADTokenExchange', service: 'Entra' },
    { container: 'agent', audience: 'sts.amazonaws.com', service: 'AWS' },
  ] as const)(
    'authenticate the $container to $service, by issuer, subject and audience',
    async ({ container, audience }) => {
      expect(await claimsOf(container)).toMatchObject({
        iss: expect.stringMatching(/^https:/),
        sub: `system:serviceaccount:${demo.namespace.name}:demo-agent`,
        aud: [audience],
      })
      const { status, body } = await ask(agentUrl, { mode: 'bedrock' })
      expect(body.answer).toContain('Dallas')
      expect(status).toBe(200)
      const legs = (await entra.requests()).filter(({ status }) => status === 200).map(({ leg }) => leg)
      expect(legs).toContain('t1')
    },
  )

  it('are each in one container only, and no container has a token for the Kubernetes API', async () => {
    const present = (paths: readonly string[]) =>
      `import { existsSync } from 'node:fs'; result = ${JSON.stringify(paths)}.filter(path => existsSync(path))`
    const paths = [...Object.values(tokenFiles), '/var/run/secrets/kubernetes.io/serviceaccount/token']
    expect(await demo.runIn('agent', 'agent', present(paths))).toEqual([tokenFiles.agent])
    expect(await demo.runIn('agent', 'sidecar', present(paths))).toEqual([tokenFiles.sidecar])
  })

  it('of another ServiceAccount are refused by Entra and by AWS, each with its own problem', async () => {
    await demo.closeForwards()
    await demo.installAgent({ agent: { serviceAccount: { name: 'somebody-else' } } })
    agentUrl = await demo.agentUrl()
    const direct = await ask(agentUrl)
    expect(direct.body).toMatchObject({
      code: 'FEDERATION_MISMATCH',
      hint: expect.stringContaining('subject'),
    })
    const bedrock = await ask(agentUrl, { mode: 'bedrock' })
    expect(bedrock.body).toMatchObject({
      code: expect.stringMatching(/^BEDROCK_(CREDENTIALS_INVALID|ACCESS_DENIED)$/),
    })
    await demo.closeForwards()
    await demo.installAgent()
    agentUrl = await demo.agentUrl()
    await expect.poll(async () => (await ask(agentUrl)).status, { timeout: 20_000 }).toBe(200)
  })
})
