import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { createCluster } from '../../contract/bedrock/web-identity.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, runTurn } from './run-turn.ts'

type Variables = Readonly<Record<string, string>>

const cluster = await forFile(createCluster())
const aws = await forFile(EmulatedAws.start(cluster.trust))
const folder = temporaryFolder()
afterEach(() => {
  vi.useRealTimers()
  aws.reset()
})

/** An agent with this credential: its tier, its health, and how Bedrock answers it, in words. */
function connectWith(credential: Variables) {
  const { mode, bedrock } = connectMode({ ...aws.environment, ...credential })
  onTestFinished(() => bedrock.close())
  const ask = async () => {
    const { failure } = await runTurn(mode, { message: 'Hello!' })
    if (!failure) return 'answered'
    return `${failure.code}: ${failure.message}`.replace(cluster.tokenFile, '<token file>')
  }
  return { tier: bedrock.credential, state: () => bedrock.availability.health.state, ask }
}
const sayHello = (credential: Variables) => connectWith(credential).ask()
const codeOf = async (asking: Promise<string>) => (await asking).split(':', 1)[0]

const apiKey = (AWS_BEARER_TOKEN_BEDROCK: string) => ({ AWS_BEARER_TOKEN_BEDROCK })

/** The principal of the last call of Bedrock, as the emulator recognised it. */
const lastCaller = () => aws.app.controls.requests.all.at(-1)?.principal

describe('a credential that does not work', () => {
  const AWS_SECRET_ACCESS_KEY = 'emulated-secret-access-key'
  const keys = (AWS_ACCESS_KEY_ID: string, more: Variables = {}) => ({
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    ...more,
  })
  const expired = { AWS_SESSION_TOKEN: 'emulated-expired-session-token' }

  it('is reported with what is wrong', async () => {
    const credentials: Readonly<Record<string, Variables>> = {
      'a wrong secret': { ...staticKeys, AWS_SECRET_ACCESS_KEY: 'wrong' },
      'an unknown key': keys('AKIANOBODY0000EXAMPLE'),
      'a temporary key without its session token': keys('ASIAEXPIRED00EXAMPLE'),
      'an expired session': keys('ASIAEXPIRED00EXAMPLE', expired),
      'no right at all': keys('AKIANOPOLICY0EXAMPLE'),
      'a right to the profile only': keys('AKIAPROFILES0EXAMPLE'),
      'half a pair of keys': { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
      'an unknown API key': apiKey('nobody-knows-this-key'),
      'an expired API key': apiKey('emulated-expired-api-key'),
      'an API key of another region': apiKey('emulated-api-key-of-another-region'),
      'an API key without rights': apiKey('emulated-api-key-without-policy'),
    }
    const tokens: Readonly<Record<string, () => Promise<void>>> = {
      'no token file': () => cluster.removeToken(),
      'rubbish in the token file': () => cluster.write('not a token'),
      'a token of another service account': () =>
        cluster.project({ sub: 'system:serviceaccount:other:other' }),
      'a token for another audience': () => cluster.project({ aud: 'api://AzureADTokenExchange' }),
      'a token of another issuer': () => cluster.project({ iss: 'https://issuer.example/' }),
      'an expired token': () => cluster.project({ lifetimeSeconds: -60 }),
    }
    const failures: string[] = []
    const add = async (title: string, credential: Variables) =>
      failures.push(`${title}\n  ${await sayHello(credential)}`)
    for (const [title, credential] of Object.entries(credentials)) await add(title, credential)
    for (const [title, write] of Object.entries(tokens)) {
      await write()
      await add(title, cluster.role)
    }
    await cluster.project()
    await add('an STS that cannot be reached', {
      ...cluster.role,
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
    })
    aws.app.controls.settings.change({ clockOffsetSeconds: 3_600 })
    await add('keys on a machine whose clock is wrong', staticKeys)
    await expect(`${failures.join('\n')}\n`).toMatchFileSnapshot('tiers.txt')
  })
})

it.each([
  ['sts', 'access keys', staticKeys],
  ['sts', 'access keys beside an empty API key', { ...staticKeys, AWS_BEARER_TOKEN_BEDROCK: '' }],
  [
    'api-key',
    'an API key, which wins over access keys',
    { ...staticKeys, ...apiKey('emulated-bedrock-api-key') },
  ],
])('The tier %s needs only environment variables: %s', async (name, _what, variables) => {
  vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', '')
  const { tier, ask, state } = connectWith(variables)
  expect([tier, await ask(), state()]).toEqual([name, 'answered', 'ready'])
  if (name === 'sts') expect(lastCaller()).toBe('arn:aws:iam::111122223333:user/agent')
  expect(process.env['AWS_BEARER_TOKEN_BEDROCK']).toBe('')
})

describe('tier C, web identity', () => {
  it('needs only environment variables, and exchanges the token once for many turns', async () => {
    await cluster.project()
    const { tier, ask } = connectWith({ ...cluster.role, AWS_ROLE_SESSION_NAME: 'agent-pod' })
    expect(tier).toBe('federation')
    await Promise.all(Array.from({ length: 5 }, () => ask()))
    const operations = aws.app.controls.requests.all.map(({ operation }) => operation)
    expect(operations.filter(operation => operation === 'AssumeRoleWithWebIdentity')).toHaveLength(1)
    expect(lastCaller()).toBe('arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/agent-pod')
  })

  it('picks up a rotated token without a restart', async () => {
    await cluster.removeToken()
    const { ask, state } = connectWith(cluster.role)
    expect(await codeOf(ask())).toBe('BEDROCK_CREDENTIALS_INVALID')
    await cluster.project({ lifetimeSeconds: -60 })
    expect([await codeOf(ask()), state()]).toEqual(['BEDROCK_CREDENTIALS_EXPIRED', 'unavailable'])
    await cluster.project()
    expect([await ask(), state()]).toEqual(['answered', 'ready'])
  })
})

it('EKS Pod Identity gets keys from its agent on the node, with the pod’s token', async () => {
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, 'the-pod-token')
  const asked: unknown[] = []
  const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey } = staticKeys
  const node = await new LocalServer((request, response) => {
    asked.push(request.headers.authorization)
    const Expiration = new Date(Date.now() + 3_600_000)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token: '', Expiration }))
  }).start()
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${node.url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
  }
  expect(connectWith(environment).tier).toBe('pod-identity')
  await sayHello(environment)
  expect(asked).toEqual(['the-pod-token'])
  await node.close()
  expect(await sayHello(environment)).toMatch(/^BEDROCK_CREDENTIALS_INVALID: No AWS credentials came from /)
})

it('The default chain reads a shared credentials file again after it was replaced', async () => {
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
  const { tier, ask } = connectWith({})
  expect([tier, await codeOf(ask())]).toEqual(['default-chain', 'BEDROCK_CREDENTIALS_INVALID'])
  await write(staticKeys.AWS_SECRET_ACCESS_KEY)
  vi.setSystemTime(Date.now() + 11_000)
  expect(await ask()).toBe('answered')
})
