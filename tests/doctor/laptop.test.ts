import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Check, examine, type Finding } from '../../scripts/doctor/finding.ts'
import { sidecarChecks } from '../../scripts/doctor/sidecar.ts'
import { imageChecks } from '../../scripts/doctor/sidecar-image.ts'
import { readConfig } from '../../services/agent/src/config.ts'
import { askWeather, tokenRequests } from '../contract/identity/trial.ts'
import { forFile } from '../support/for-file.ts'
import { identities } from '../support/identities.ts'
import { processEnv } from '../support/process-env.ts'
import { Laptop, sidecarImage, type Variables } from './support/laptop.ts'

const script = resolve(import.meta.dirname, '../../scripts/agentctl.ts')
const laptop = await forFile(Laptop.start())
const codesOf = (findings: readonly Finding[]) =>
  findings.flatMap(({ check, code }) => (code ? [`${check}: ${code}`] : []))

it('The doctor on a laptop calls the API as each of several agents, and names the one that the API does not let in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'agents-'))
  const file = join(folder, 'agents.json')
  const flows = ['autonomous']
  const weather = { title: 'Weather', clientId: identities.agentId, flows }
  const trainee = { title: 'Trainee', clientId: identities.traineeAgentId, flows }
  await writeFile(file, JSON.stringify({ agents: { weather, trainee } }))
  const both = `${weather.clientId},${trainee.clientId}`
  const findings = await laptop.examine({ AGENTS_CONFIG: file, AGENT_CLIENT_ID: both })
  await rm(folder, { recursive: true })
  const turns = findings.filter(({ check }) => check.endsWith(')'))
  expect(turns.map(({ check, status, code }) => [check, status, code])).toEqual([
    ['token as itself for the Weather API (weather)', 'PASS', undefined],
    ['Weather API as itself (weather)', 'PASS', undefined],
    ['token as itself for the Weather API (trainee)', 'PASS', undefined],
    ['Weather API as itself (trainee)', 'FAIL', 'API_FORBIDDEN'],
  ])
})

/** `npm run doctor`, in a folder without a .env. */
async function runDoctor(args: readonly string[], env = laptop.environment) {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  const tokenFile = join(folder, 'user-token')
  await writeFile(tokenFile, `${await laptop.token()}\n`)
  const options = { cwd: folder, env: { ...processEnv(), ...env } }
  const outcome = await new Promise<{ exitCode: unknown; output: string }>(done => {
    const given = [script, 'doctor', '--user-token-file', tokenFile, ...args]
    execFile(process.execPath, given, options, (error, output, complaint) =>
      done({ exitCode: error?.code ?? 0, output: output + complaint }),
    )
  })
  await rm(folder, { recursive: true })
  return outcome
}

describe('The doctor on a laptop where everything works', () => {
  it('finds everything in order, from the configuration to an answer of Bedrock', async () => {
    await laptop.cluster.project()
    const env = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/entra-bedrock-agent',
      AWS_WEB_IDENTITY_TOKEN_FILE: laptop.cluster.tokenFile,
    }
    const findings = await laptop.examine(env, { userToken: await laptop.token() })
    expect(codesOf(findings)).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual([
      'configuration',
      'secrets',
      'port',
      'name localhost',
      'name 127.0.0.1',
      'Entra',
      'clock',
      'sidecar',
      'sidecar version',
      'sidecar image',
      'sidecar boundary',
      'sidecar entry weather',
      'token as itself for the Weather API',
      'Weather API as itself',
      'token on behalf of a user for the Weather API',
      'Weather API on behalf of a user',
      'page',
      'redirect URI',
      'Bedrock model',
      'AWS credential',
      'Bedrock',
    ])
  })

  it('shows the claims of both tokens, but not the tokens, even if the agent shows its trace to nobody', async () => {
    const userToken = await laptop.token()
    const strict = { ALLOWED_HOSTS: 'agent.example', REQUIRE_SIGN_IN: 'true', TRACE_FOR: 'nobody' }
    const findings = await laptop.examine(strict, { userToken })
    const claims = findings.flatMap(({ claims }) => (claims ? [claims] : []))
    expect(claims).toMatchObject([
      { azp: identities.agentId, idtyp: 'app', roles: ['Weather.Read.All'] },
      {
        azp: identities.agentId,
        idtyp: 'user',
        oid: identities.ada.oid,
        scp: 'Weather.Read Alerts.ReadWrite',
      },
    ])
    expect(JSON.stringify(findings)).not.toMatch(/eyJ/)
  })

  it('says what it could not check without a user’s token', async () => {
    expect(codesOf(await laptop.examine())).toContain(
      'token on behalf of a user for the Weather API: NOT_CHECKED',
    )
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
    const { exitCode, output } = await runDoctor([])
    expect(output).toMatch(/^PASS {2}configuration: Agent bbbbbbbb/)
    expect(output).toMatch(/roles = \["Weather.Read.All"\] {2}\(App roles/)
    expect(output).toMatch(/\d+ in order, \d+ to look at, 0 failed\.\n/)
    expect(exitCode).toBe(0)
  })

  it('prints JSON, and exits with 1 when something failed', async () => {
    const env = { ...laptop.environment, AGENT_CLIENT_ID: identities.blueprintAppId }
    const { exitCode, output } = await runDoctor(['--json'], env)
    expect(JSON.parse(output)).toMatchObject({
      status: 'FAIL',
      findings: [{ check: 'configuration', status: 'FAIL', code: 'CONFIGURATION_INVALID' }],
    })
    expect(exitCode).toBe(1)
  })

  it('looks at the running demo where no tenant is configured, instead of asking for one', async () => {
    await laptop.stack.start('agent', { EMULATED: 'entra,auth-sidecar' })
    onTestFinished(() => laptop.stack.stop('agent'))
    await askWeather(laptop.stack, 'autonomous')
    const { exitCode, output } = await runDoctor([], { PORT: new URL(laptop.stack.agentUrl).port })
    expect(output).toContain(
      `PASS  demo: It runs at ${laptop.stack.agentUrl}, with emulators of entra, auth-sidecar, and needs no .env.`,
    )
    expect(output).toMatch(/^PASS {2}sidecar: Seen to work at /m)
    expect(output).toMatch(/^PASS {2}weather-api: Seen to work at /m)
    expect([output, exitCode]).toEqual([expect.not.stringContaining('FAIL'), 0])
  })

  it.each([
    ['an agent of a real tenant', 200, { emulated: [] }],
    ['another program', 404, 'Not found'],
  ])('asks for the settings if what listens at the agent’s port is %s', async (_what, status, body) => {
    const other = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(body)))
    onTestFinished(() => void other.close())
    await new Promise<void>(listening => other.listen(0, 'localhost', listening))
    const { exitCode, output } = await runDoctor([], { PORT: String((other.address() as AddressInfo).port) })
    expect(output).toMatch(/^FAIL {2}.env: There is no .env in /)
    expect(exitCode).toBe(1)
  })

  it('says what to do if it does not understand its arguments, and exits with 2', async () => {
    for (const args of [['--cube'], ['--page', 'agent.example'], ['--user-token-file', '/nowhere']]) {
      const { exitCode, output } = await runDoctor(args)
      expect(output).toMatch(/--cube|must be an origin|\/nowhere/)
      expect(output).toMatch(/-h shows the commands and options|Fix: /)
      expect(exitCode).toBe(2)
    }
  })
})

describe('The doctor also reports a sidecar that differs from the emulator:', () => {
  async function examineSidecar(respond: RequestListener) {
    const server = createServer(respond)
    await new Promise<void>(listening => server.listen(0, 'localhost', listening))
    const { port } = server.address() as AddressInfo
    const config = readConfig({ ...laptop.environment, SIDECAR_URL: `http://localhost:${port}` })
    const findings = await examine(sidecarChecks(config, {}))
    server.closeAllConnections()
    server.close()
    return codesOf(findings)
  }

  it('one that refuses the doctor as a remote caller', async () => {
    const found = await examineSidecar(({ url }, response) => {
      response.writeHead(url === '/healthz' ? 200 : 403).end('Healthy')
    })
    expect(found).toContain('sidecar entry weather: SIDECAR_REFUSED_CALLER')
  })

  it('one that runs in Development, and so takes everybody’s requests', async () => {
    const found = await examineSidecar((_request, response) => {
      response.writeHead(200).end('Healthy')
    })
    expect(found).toContain('sidecar boundary: SIDECAR_TOO_OPEN')
  })
})

describe('The doctor says of the sidecar’s image', () => {
  const lookAt = (env: Variables, machine?: string) => {
    const running: Check = { name: 'sidecar', run: async () => 'It responds.' }
    return examine([
      running,
      ...imageChecks(laptop.stack.sidecarUrl, { ...laptop.environment, ...env }, machine),
    ])
  }

  it('which version it is, as Docker shows it', async () => {
    expect(await lookAt({})).toContainEqual({
      check: 'sidecar version',
      status: 'PASS',
      detail: `The sidecar is ${sidecarImage('1.1.2')}.`,
    })
  })

  it.each([
    ['there is no Docker', { PATH: '/nowhere' }],
    ['Docker runs no sidecar', { RUNNING_SIDECAR: '' }],
    ['the sidecar of Docker is at another port', { SIDECAR_URL: 'http://localhost:1' }],
  ])('that its version is unknown if %s, and where to look', async (_why, env) => {
    const [, version, image] = await lookAt(env, 'x64')
    expect(version).toMatchObject({ check: 'sidecar version', status: 'WARN', code: 'NOT_CHECKED' })
    expect(version?.hint).toContain('docker ps')
    expect(image).toMatchObject({ status: 'PASS', detail: 'This machine is amd64, as the image is.' })
  })

  it('that it is for another processor, whether Docker shows the processor or not', async () => {
    const ofImage = { check: 'sidecar image', status: 'WARN', code: 'SIDECAR_ARCHITECTURE' }
    expect(await lookAt({ IMAGE_ARCHITECTURE: 'arm64' }, 'x64')).toContainEqual(
      expect.objectContaining({ ...ofImage, detail: 'This machine is amd64, the image arm64.' }),
    )
    expect(await lookAt({ PATH: '/nowhere' }, 'arm64')).toContainEqual(
      expect.objectContaining({ ...ofImage, detail: 'This machine is arm64, the image amd64.' }),
    )
  })
})
