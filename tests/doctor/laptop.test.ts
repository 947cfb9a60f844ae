import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examine, type Finding } from '../../scripts/doctor/finding.ts'
import { sidecarChecks } from '../../scripts/doctor/sidecar.ts'
import { readConfig } from '../../services/agent/src/config.ts'
import { tokenRequests } from '../contract/identity/trial.ts'
import { identities } from '../support/identities.ts'
import { Laptop } from './support/laptop.ts'

const script = resolve(import.meta.dirname, '../../scripts/doctor.ts')

let laptop: Laptop
beforeAll(async () => {
  laptop = await Laptop.start()
})
afterAll(() => laptop[Symbol.asyncDispose]())

const codes = (findings: readonly Finding[]) =>
  findings.flatMap(({ check, code }) => (code ? [`${check}: ${code}`] : []))

/** `npm run doctor`, in a folder without a .env. */
async function runDoctor(args: readonly string[], env = laptop.environment) {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  const tokenFile = join(folder, 'user-token')
  await writeFile(tokenFile, `${await laptop.token()}\n`)
  const options = { cwd: folder, env: { PATH: process.env['PATH'], ...env } }
  const outcome = await new Promise<{ exitCode: unknown; output: string }>(done => {
    const given = [script, '--user-token-file', tokenFile, ...args]
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
    expect(codes(findings.filter(({ check }) => check !== 'sidecar image'))).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual([
      'configuration',
      'secrets',
      'name localhost',
      'name 127.0.0.1',
      'Entra',
      'clock',
      'sidecar',
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

  it('shows each claim of both tokens and neither token, whomever the agent would show them to', async () => {
    const userToken = await laptop.token()
    const strict = { ALLOWED_HOSTS: 'agent.example', REQUIRE_SIGN_IN: 'true', TRACE_FOR: 'nobody' }
    const findings = await laptop.examine(strict, { userToken })
    const claims = findings.flatMap(({ claims }) => (claims ? [claims] : []))
    expect(claims).toMatchObject([
      { azp: identities.agentId, idtyp: 'app', roles: ['Weather.Read.All'] },
      { azp: identities.agentId, idtyp: 'user', oid: identities.ada.oid, scp: 'Weather.Read' },
    ])
    expect(JSON.stringify(findings)).not.toMatch(/eyJ/)
  })

  it('says what it could not look at without a user’s token', async () => {
    expect(codes(await laptop.examine())).toContain(
      'token on behalf of a user for the Weather API: NOT_CHECKED',
    )
  })

  it('changes nothing: of Entra it asks for tokens only, of Bedrock for one', async () => {
    await laptop.startAfresh()
    await laptop.examine({}, { userToken: await laptop.token() })
    expect(tokenRequests(laptop.stack).map(({ leg }) => leg)).toEqual(['t1', 'tr', 'obo'])
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

  it('says how it is used when it does not understand, and exits with 2', async () => {
    for (const args of [['--cube'], ['--page', 'agent.example'], ['--user-token-file', '/nowhere']]) {
      const { exitCode, output } = await runDoctor(args)
      expect(output).toMatch(/--cube|must be an origin|\/nowhere/)
      expect(output).toContain('npm run doctor -- [options]')
      expect(exitCode).toBe(2)
    }
  })
})

describe('What the emulator of the sidecar never does, the doctor names as well:', () => {
  async function examineSidecar(respond: RequestListener, architecture = 'x64') {
    const server = createServer(respond)
    await new Promise<void>(listening => server.listen(0, 'localhost', listening))
    const { port } = server.address() as AddressInfo
    const config = readConfig({ ...laptop.environment, SIDECAR_URL: `http://localhost:${port}` })
    const findings = await examine(sidecarChecks(config, architecture))
    server.closeAllConnections()
    server.close()
    return codes(findings)
  }

  it('a caller that it does not take for local', async () => {
    const found = await examineSidecar(({ url }, response) => {
      response.writeHead(url === '/healthz' ? 200 : 403).end()
    })
    expect(found).toContain('sidecar entry weather: SIDECAR_REFUSED_CALLER')
  })

  it('Development, where it takes everybody’s requests', async () => {
    const found = await examineSidecar((_request, response) => {
      response.writeHead(200).end()
    })
    expect(found).toContain('sidecar boundary: SIDECAR_TOO_OPEN')
  })

  it('an image for another processor', async () => {
    const found = await examineSidecar((_request, response) => {
      response.writeHead(401).end()
    }, 'arm64')
    expect(found).toContain('sidecar image: SIDECAR_ARCHITECTURE')
  })
})
