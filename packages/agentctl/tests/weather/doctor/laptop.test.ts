import type { RequestListener } from 'node:http'
import { delimiter } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readConfig } from '@entra-agents/agent/config'
import { startTestServer } from '@entra-agents/identity/testing/stage'
import { describe, expect, it, onTestFinished } from 'vitest'
import { folderWith, run } from '../../../../../tests/support/agentctl.ts'
import { forFile } from '../../../../../tests/support/for-file.ts'
import { identities } from '../../../../../tests/support/identities.ts'
import { askWeather, tokenRequests } from '../../../../../tests/weather/identity/trial.ts'
import { type Check, examine, type Finding } from '../../../src/doctor/finding.ts'
import { sidecarChecks } from '../../../src/doctor/sidecar.ts'
import { imageChecks } from '../../../src/doctor/sidecar-image.ts'
import { sectionOf } from '../../doctor/support/table.ts'
import { Laptop, roleArn, type Variables } from './support/laptop.ts'

const laptop = await forFile(Laptop.start())
const portOf = (url: string) => new URL(url).port

/** `agentctl doctor`, in a folder without a .env. */
async function runDoctor(args: readonly string[], env: Variables = laptop.environment) {
  const cwd = folderWith({ 'user-token': `${await laptop.token()}\n` })
  const PATH = `${env['PATH'] ?? '/nowhere'}${delimiter}${process.env['PATH']}`
  return run({ args: ['doctor', '--user-token-file', 'user-token', ...args], cwd, env: { ...env, PATH } })
}

/** The findings on a sidecar that responds in this way. */
async function examineSidecar(respond: RequestListener): Promise<readonly Finding[]> {
  const { url: SIDECAR_URL } = await startTestServer(respond)
  return examine(sidecarChecks(readConfig({ ...laptop.environment, SIDECAR_URL }), {}))
}

const examineImage = (env: Variables, processor: string) => {
  const running: Check = { name: 'sidecar', run: async () => 'It responds.' }
  const checks = imageChecks(laptop.stack.sidecarUrl, { ...laptop.environment, ...env }, processor)
  return examine([running, ...checks])
}

describe('The doctor on a laptop', () => {
  it('finds everything in order, from the configuration to an answer of Bedrock, and says what it cannot see', async () => {
    await laptop.cluster.project()
    const env = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_ROLE_ARN: roleArn,
      AWS_WEB_IDENTITY_TOKEN_FILE: laptop.cluster.tokenFile,
    }
    const good = await laptop.examine(env, { userToken: await laptop.token() })
    const isNew = (finding: Finding) => !good.some(known => isDeepStrictEqual(known, finding))
    const refuseRemote: RequestListener = ({ url }, response) =>
      response.writeHead(url === '/healthz' ? 200 : 403).end('Healthy')
    // biome-ignore format: table
    const others: readonly (readonly [what: string, findings: readonly Finding[]])[] = [
      ['no user’s token', (await laptop.examine(env)).filter(isNew)],
      ['a sidecar that refuses the doctor as a remote caller', await examineSidecar(refuseRemote)],
      ['a sidecar in Development, which takes everybody’s requests', await examineSidecar((_request, response) => response.end('Healthy'))],
      ['an image that Docker shows', await examineImage({ IMAGE_ARCHITECTURE: 'amd64' }, 'x64')],
      ['an image for another processor', await examineImage({ IMAGE_ARCHITECTURE: 'arm64' }, 'x64')],
      ['no Docker', await examineImage({ PATH: '/nowhere' }, 'x64')],
      ['no Docker, and another processor than the published image’s', await examineImage({ PATH: '/nowhere' }, 'arm64')],
      ['no sidecar in Docker', await examineImage({ RUNNING_SIDECAR: '' }, 'x64')],
      ['a sidecar of Docker at another port', await examineImage({ SIDECAR_URL: 'http://localhost:1' }, 'x64')],
    ]
    const sections = [['everything works', good] as const, ...others].map(row => sectionOf(...row))
    await expect(sections.join('')).toMatchFileSnapshot('laptop.txt')
  })

  it('shows the claims of both tokens, but not the tokens, even if the agent shows its trace to nobody', async () => {
    const userToken = await laptop.token()
    const strict = { ALLOWED_HOSTS: 'agent.example', REQUIRE_SIGN_IN: 'true', TRACE_FOR: 'nobody' }
    const findings = await laptop.examine(strict, { userToken })
    const { agentId: azp, ada } = identities
    expect(findings.flatMap(({ claims }) => claims ?? [])).toMatchObject([
      { azp, idtyp: 'app', roles: ['Weather.Read.All'] },
      { azp, idtyp: 'user', oid: ada.oid, scp: 'Weather.Read Alerts.ReadWrite' },
    ])
    expect(JSON.stringify(findings)).not.toMatch(/eyJ/)
  })

  it('changes nothing: it asks Entra only for tokens, and Bedrock for an answer of one token', async () => {
    await laptop.startAfresh()
    await laptop.examine({}, { userToken: await laptop.token() })
    const legs = tokenRequests(laptop.stack).map(({ leg }) => leg)
    expect(new Set(legs)).toEqual(new Set(['t1', 'tr', 'obo']))
    expect(laptop.entra.requests.all.filter(({ leg }) => leg === 'graph')).toEqual([])
    expect(laptop.aws.app.controls.requests.all).toMatchObject([{ stopReason: 'max_tokens' }])
  })
})

describe('npm run doctor', () => {
  it('prints a line for each check and what a claim means, and exits with 0', async () => {
    const { code, output } = await runDoctor([])
    expect(output).toMatch(/^PASS {2}configuration: Agent bbbbbbbb/)
    expect(output).toMatch(/roles = \["Weather.Read.All"\] {2}\(App roles/)
    expect(output).toMatch(/\d+ in order, \d+ to look at, 0 failed\.\n/)
    expect(code).toBe(0)
  })

  it('prints JSON, and exits with 1 when something failed', async () => {
    const env = { ...laptop.environment, AGENT_CLIENT_ID: identities.blueprintAppId }
    const { code, output } = await runDoctor(['--json'], env)
    expect(JSON.parse(output)).toMatchObject({
      status: 'FAIL',
      findings: [{ check: 'configuration', status: 'FAIL', code: 'CONFIGURATION_INVALID' }],
    })
    expect(code).toBe(1)
  })

  it('looks at the running demo where no tenant is configured, instead of asking for one', async () => {
    const { stack } = laptop
    await stack.start('agent', { EMULATED: 'entra,auth-sidecar' })
    onTestFinished(() => stack.stop('agent'))
    await askWeather(stack, 'autonomous')
    const { code, output } = await runDoctor([], { PORT: portOf(stack.agentUrl) })
    expect(output).toContain(
      `PASS  demo: It runs at ${stack.agentUrl}, with emulators of entra, auth-sidecar, and needs no .env.`,
    )
    expect(output).toMatch(/^PASS {2}sidecar: Seen to work at [\s\S]*^PASS {2}weather-api: Seen to work at /m)
    expect([output, code]).toEqual([expect.not.stringContaining('FAIL'), 0])
  })

  it.each([
    ['an agent of a real tenant', 200, { emulated: [] }],
    ['another program', 404, 'Not found'],
  ])('asks for the settings if what listens at the agent’s port is %s', async (_what, status, body) => {
    const { url } = await startTestServer((_request, response) =>
      response.writeHead(status).end(JSON.stringify(body)),
    )
    const { code, output } = await runDoctor([], { PORT: portOf(url) })
    expect(output).toMatch(/^FAIL {2}.env: There is no .env in /)
    expect(code).toBe(1)
  })
})
