import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { runIn } from './support/in-container.ts'

const tokenFiles = { sidecar: '/var/run/secrets/blueprint/token', agent: '/var/run/secrets/aws/token' }

let demo: Demo
let entra: EntraControls
let agentUrl: string

beforeAll(async () => {
  demo = await Demo.install('secretless')
  entra = await EntraControls.of(demo)
  agentUrl = await demo.agentUrl()
})
afterAll(() => demo?.[Symbol.asyncDispose]())

async function runInAgentPod<Result>(container: 'agent' | 'sidecar', script: string): Promise<Result> {
  const pod = await demo.namespace.pod('agent')
  return runIn(demo.namespace, { pod: pod.metadata.name, container, script })
}

/** The claims of a projected token, read in the container that it is mounted into. */
function claimsOf(container: 'agent' | 'sidecar'): Promise<Readonly<Record<string, unknown>>> {
  return runInAgentPod(
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
    expect(await runInAgentPod('agent', present(paths))).toEqual([tokenFiles.agent])
    expect(await runInAgentPod('sidecar', present(paths))).toEqual([tokenFiles.sidecar])
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

describe('an agent identity', () => {
  /** Requests tokens as an agent of the blueprint and calls the weather API with them, in the agent's container. */
  function askWeatherAs(
    agentId: string,
  ): Promise<{ token: number; weather: number; challenge: string | null }> {
    return runInAgentPod(
      'agent',
      `const sidecar = 'http://localhost:5000/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${agentId}'
       const issued = await fetch(sidecar)
       const { authorizationHeader: authorization } = await issued.json()
       const weather = await fetch('http://demo-weather-api:8080/weather?city=Dallas', { headers: { authorization } })
       result = { token: issued.status, weather: weather.status, challenge: weather.headers.get('www-authenticate') }`,
    )
  }

  it('is allowed by the weather API, unlike an agent of the same blueprint that has no role there', async () => {
    expect(await askWeatherAs(identities.agentId)).toMatchObject({ token: 200, weather: 200 })
    const other = await askWeatherAs(identities.alertsAgentId)
    const challenge = expect.stringContaining('permission')
    expect(other).toMatchObject({ token: 200, weather: 403, challenge })
  })
})

describe('every container', () => {
  it('has a read-only file system', async () => {
    const write = `
      import { writeFileSync } from 'node:fs'
      result = ['/probe', '/app/probe', '/tmp/probe', process.cwd() + '/probe'].map(path => {
        try { writeFileSync(path, ''); return path } catch ({ code }) { return code }
      })`
    const containers = [
      { component: 'agent', container: 'agent' },
      { component: 'agent', container: 'sidecar' },
      { component: 'weather-api', container: 'weather-api' },
    ]
    for (const { component, container } of containers) {
      const pod = await demo.namespace.pod(component)
      const outcomes = await runIn(demo.namespace, { pod: pod.metadata.name, container, script: write })
      expect(outcomes, container).toEqual(['EROFS', 'EROFS', 'EROFS', 'EROFS'])
    }
  })
})
