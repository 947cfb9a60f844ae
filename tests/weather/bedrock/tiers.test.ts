import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { createCluster, subject } from '../../contract/bedrock/web-identity.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, runTurn } from './run-turn.ts'

const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'
const cluster = await forFile(createCluster())
const aws = await forFile(
  EmulatedAws.start({
    EMULATOR_TRUSTED_ISSUER: cluster.issuer,
    EMULATOR_TRUSTED_SUBJECT: subject,
    EMULATOR_ROLE_ARN: roleArn,
  }),
)
const openConnections: { close(): void }[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const bedrock of openConnections.splice(0)) bedrock.close()
  aws.reset()
})

function connectWith(credential: Record<string, string>) {
  const connected = connectMode({ ...aws.environment, ...credential })
  openConnections.push(connected.bedrock)
  return connected
}

/** Says hello with these credentials. Returns the failure's code, detail and hint, or “answered”. */
async function sayHello(credential: Record<string, string>): Promise<string> {
  const { failure } = await runTurn(connectWith(credential).mode, { message: 'Hello!' })
  return failure ? `${failure.code}: ${failure.message} ${failure.options.hint}` : 'answered'
}

/** The principal of the last call of Bedrock, as the emulator recognised it. */
const lastCaller = () => aws.app.controls.requests.all.at(-1)?.principal

describe('tier A, access keys', () => {
  it('need only environment variables, and are recognised as the tier `sts`', async () => {
    const { mode, bedrock } = connectWith(staticKeys)
    expect(bedrock.credential).toBe('sts')
    expect((await runTurn(mode, { message: 'Hello!' })).failure).toBeUndefined()
    expect(lastCaller()).toBe('arn:aws:iam::111122223333:user/agent')
    expect(bedrock.availability.health.state).toBe('ready')
  })

  it('work beside an empty API key in the process’s own environment', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', '')
    expect(await sayHello({ ...staticKeys, AWS_BEARER_TOKEN_BEDROCK: '' })).toBe('answered')
    expect(process.env['AWS_BEARER_TOKEN_BEDROCK']).toBe('')
  })

  it.each(
    // biome-ignore format: table
    [
      ['a wrong secret', { ...staticKeys, AWS_SECRET_ACCESS_KEY: 'wrong' }, /^BEDROCK_CREDENTIALS_INVALID: .*secret access key.*from the same session/],
      ['an unknown key', { ...staticKeys, AWS_ACCESS_KEY_ID: 'AKIANOBODY0000EXAMPLE' }, /^BEDROCK_CREDENTIALS_INVALID: AWS does not know/],
      [
        'a temporary key without its session token',
        { AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE', AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key' },
        /^BEDROCK_CREDENTIALS_INVALID: .*ASIA needs it/,
      ],
      [
        'an expired session',
        {
          AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key',
          AWS_SESSION_TOKEN: 'emulated-expired-session-token',
        },
        /^BEDROCK_CREDENTIALS_EXPIRED: .*aws sso login/,
      ],
      ['no right at all', { AWS_ACCESS_KEY_ID: 'AKIANOPOLICY0EXAMPLE', AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key' }, /^BEDROCK_ACCESS_DENIED: .*inference-profile\/eu\..*foundation-model/],
      [
        'a right to the profile only',
        { AWS_ACCESS_KEY_ID: 'AKIAPROFILES0EXAMPLE', AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key' },
        /^BEDROCK_ACCESS_DENIED: .*inference-profile\/eu\..*foundation-model/,
      ],
      ['half a pair of keys', { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }, /^BEDROCK_NOT_CONFIGURED: .*AWS_SECRET_ACCESS_KEY is not/],
    ],
  )('with %s fail and say why', async (_what, credential, expected) => {
    expect(await sayHello(credential)).toMatch(expected)
  })

  it('on a machine whose clock is wrong fail and say why', async () => {
    aws.app.controls.settings.change({ clockOffsetSeconds: 3_600 })
    expect(await sayHello(staticKeys)).toMatch(/^BEDROCK_CREDENTIALS_INVALID: .*clock.*NTP/)
  })
})

describe('tier B, an API key', () => {
  it('needs only an environment variable, and wins over access keys', async () => {
    const { mode, bedrock } = connectWith({
      ...staticKeys,
      AWS_BEARER_TOKEN_BEDROCK: 'emulated-bedrock-api-key',
    })
    expect(bedrock.credential).toBe('api-key')
    expect((await runTurn(mode, { message: 'Hello!' })).failure).toBeUndefined()
  })

  it.each([
    [
      'unknown',
      'nobody-knows-this-key',
      /^BEDROCK_CREDENTIALS_INVALID: .*AWS_BEARER_TOKEN_BEDROCK.*generated for eu-central-1/,
    ],
    ['expired', 'emulated-expired-api-key', /^BEDROCK_CREDENTIALS_INVALID: .*not expired/],
    ['of another region', 'emulated-api-key-of-another-region', /^BEDROCK_CREDENTIALS_INVALID: .*own region/],
    ['without rights', 'emulated-api-key-without-policy', /^BEDROCK_ACCESS_DENIED: /],
  ])('that is %s fails and says why', async (_what, key, expected) => {
    expect(await sayHello({ AWS_BEARER_TOKEN_BEDROCK: key })).toMatch(expected)
  })
})

describe('tier C, web identity', () => {
  const environment = () => ({ AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: cluster.tokenFile })

  it('needs only environment variables, and exchanges the token once for many turns', async () => {
    await cluster.project()
    const { mode, bedrock } = connectWith({ ...environment(), AWS_ROLE_SESSION_NAME: 'agent-pod' })
    expect(bedrock.credential).toBe('federation')
    await Promise.all(Array.from({ length: 5 }, () => runTurn(mode, { message: 'Hello!' })))
    const operations = aws.app.controls.requests.all.map(({ operation }) => operation)
    expect(operations.filter(operation => operation === 'AssumeRoleWithWebIdentity')).toHaveLength(1)
    expect(lastCaller()).toBe('arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/agent-pod')
  })

  it('picks up a rotated token without a restart', async () => {
    await cluster.removeToken()
    const { mode, bedrock } = connectWith(environment())
    const ask = async () => (await runTurn(mode, { message: 'Hello!' })).failure?.code ?? 'answered'
    expect(await ask()).toBe('BEDROCK_CREDENTIALS_INVALID')
    await cluster.project({ lifetimeSeconds: -60 })
    expect(await ask()).toBe('BEDROCK_CREDENTIALS_EXPIRED')
    expect(bedrock.availability.health.state).toBe('unavailable')
    await cluster.project()
    expect(await ask()).toBe('answered')
    expect(bedrock.availability.health.state).toBe('ready')
  })

  it('exchanges the current token when the session has expired', async () => {
    const { mode } = connectWith(environment())
    // The session is so short that the SDK takes it for expired at the next call.
    aws.app.controls.settings.change({ sessionSeconds: 60 })
    await cluster.project()
    await runTurn(mode, { message: 'Hello!' })
    await cluster.project({ lifetimeSeconds: -60 })
    expect((await runTurn(mode, { message: 'Hello!' })).failure?.code).toBe('BEDROCK_CREDENTIALS_EXPIRED')
    await cluster.project()
    expect((await runTurn(mode, { message: 'Hello!' })).failure).toBeUndefined()
  })

  it.each(
    // biome-ignore format: table
    [
      ['another service account', { sub: 'system:serviceaccount:default:default' }, /^BEDROCK_CREDENTIALS_INVALID: .*trust policy.*entra-bedrock-agent/],
      ['another audience', { aud: 'api://AzureADTokenExchange' }, /^BEDROCK_CREDENTIALS_INVALID: .*aud sts\.amazonaws\.com/],
      ['another issuer', { iss: 'https://issuer.example/' }, /^BEDROCK_CREDENTIALS_INVALID: .*iss.*letter by letter/],
      ['an expired lifetime', { lifetimeSeconds: -60 }, /^BEDROCK_CREDENTIALS_EXPIRED: .*subPath/],
    ],
  )('with a token of %s fails and says why', async (_what, claims, expected) => {
    await cluster.project(claims)
    expect(await sayHello(environment())).toMatch(expected)
  })

  it('without its token file, or with rubbish in it, fails and says why', async () => {
    await cluster.removeToken()
    expect(await sayHello(environment())).toMatch(
      /^BEDROCK_CREDENTIALS_INVALID: .*ENOENT.*AWS_WEB_IDENTITY_TOKEN_FILE/,
    )
    await cluster.write('not a token')
    expect(await sayHello(environment())).toMatch(/^BEDROCK_CREDENTIALS_INVALID: /)
  })

  it('fails if STS cannot be reached, and names STS as the reason', async () => {
    await cluster.project()
    expect(await sayHello({ ...environment(), AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' })).toMatch(
      /^BEDROCK_UNAVAILABLE: AWS STS in eu-central-1 cannot be reached/,
    )
  })
})

describe('EKS Pod Identity', () => {
  it('gets keys from the Pod Identity agent on the node, with the pod’s token', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pod-identity-'))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'the-pod-token')
    const asked: unknown[] = []
    const node = new LocalServer((request, response) => {
      asked.push(request.headers.authorization)
      const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey } = staticKeys
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          AccessKeyId,
          SecretAccessKey,
          Token: '',
          Expiration: new Date(Date.now() + 3_600_000),
        }),
      )
    })
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${(await node.start()).url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    }
    const { bedrock } = connectWith(environment)
    expect(bedrock.credential).toBe('pod-identity')
    await sayHello(environment)
    expect(asked).toEqual(['the-pod-token'])
    await node.close()
    expect(await sayHello(environment)).toMatch(/^BEDROCK_CREDENTIALS_INVALID: .*169\.254\.170\.23/)
    await rm(folder, { recursive: true })
  })
})

describe('the default chain', () => {
  it('reads a shared credentials file again after it was replaced', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-'))
    const file = join(folder, 'credentials')
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
    const write = (secret: string) =>
      writeFile(
        file,
        `[default]\naws_access_key_id = ${staticKeys.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${secret}\n`,
      )
    await write('a-secret-of-yesterday')
    const { mode, bedrock } = connectWith({})
    expect(bedrock.credential).toBe('default-chain')
    expect((await runTurn(mode, { message: 'Hello!' })).failure?.code).toBe('BEDROCK_CREDENTIALS_INVALID')
    await write(staticKeys.AWS_SECRET_ACCESS_KEY)
    vi.setSystemTime(Date.now() + 11_000)
    expect((await runTurn(mode, { message: 'Hello!' })).failure).toBeUndefined()
    await rm(folder, { recursive: true })
  })
})
