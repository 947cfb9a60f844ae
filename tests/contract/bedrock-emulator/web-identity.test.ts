import { writeFileSync } from 'node:fs'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'
import { forFile } from '../../support/for-file.ts'
import { assumeRole, roleArn, subject } from '../bedrock/web-identity.ts'
import { converse, describeCalls, failureOf, startBedrock } from './support.ts'

const issuer = await forFile(startForeignIssuer('/cluster/'))
const stranger = await forFile(startForeignIssuer())
const bedrock = await startBedrock({
  EMULATOR_TRUSTED_ISSUER: issuer.url,
  EMULATOR_TRUSTED_SUBJECT: subject,
})
const tokenFile = temporaryFile('token')

const stsCalls = () =>
  bedrock.app.controls.requests.all.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity')

/** A token of the pod, or one that names the issuer's key but is signed by another issuer. */
function makeToken(claims: Record<string, unknown> = {}, signer = issuer): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const usual = { iss: issuer.url, sub: subject, aud: ['sts.amazonaws.com'], iat: now, exp: now + 3_600 }
  return signer.sign({ ...usual, ...claims }, issuer.keys[0]?.kid)
}

let client: BedrockRuntimeClient
beforeEach(async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined)
  }
  vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', undefined)
  vi.stubEnv('AWS_ROLE_ARN', roleArn)
  vi.stubEnv('AWS_ROLE_SESSION_NAME', 'agent-pod')
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', tokenFile)
  vi.stubEnv('AWS_ENDPOINT_URL_STS', bedrock.url)
  writeFileSync(tokenFile, await makeToken())
  const requestHandler = new NodeHttpHandler()
  client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: bedrock.url,
    maxAttempts: 1,
    requestHandler,
  })
})
afterEach(() => client.destroy())

it('the SDK’s own web identity credentials call Bedrock as a session of the role, and are reused', async () => {
  await converse(client)
  await converse(client)
  expect(stsCalls()).toHaveLength(1)
  expect(bedrock.app.controls.requests.all.at(-1)).toMatchObject({
    principal: 'arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/agent-pod',
    status: 200,
  })
})

it('the credentials are renewed with the file’s current token, even if a new key signed this token', async () => {
  bedrock.app.controls.settings.change({ sessionSeconds: 0 })
  expect((await failureOf(converse(client))).name).toBe('ExpiredTokenException')
  bedrock.app.controls.settings.change({ sessionSeconds: null })
  const before = stsCalls().length
  await issuer.rotate('second')
  writeFileSync(tokenFile, await makeToken({ jti: 'second' }))
  await converse(client)
  expect(stsCalls().slice(before)).toMatchObject([{ status: 200 }])
})

it('unsuitable tokens get no credentials, in the words of STS', async () => {
  const callWith = (token: () => Promise<string> | string) => async () => {
    writeFileSync(tokenFile, await token())
    return converse(client)
  }
  const callWhile = (failure: number | 'hangs up') => async () => {
    writeFileSync(tokenFile, await makeToken())
    issuer.failWith = failure
    return converse(client).finally(() => {
      issuer.failWith = undefined
    })
  }
  const responses = await describeCalls(bedrock, {
    'an expired token': callWith(() => makeToken({ exp: 1_700_000_000 })),
    'a token without an end': callWith(() => makeToken({ exp: undefined })),
    'a token for another audience': callWith(() => makeToken({ aud: ['api://AzureADTokenExchange'] })),
    'an issuer without its trailing slash': callWith(() => makeToken({ iss: issuer.url.slice(0, -1) })),
    'a token of another service account': callWith(() => makeToken({ sub: `${subject}-2` })),
    'a token signed with another key': callWith(() => makeToken({}, stranger)),
    'what is no JWT': callWith(() => 'not-a-token'),
    'an issuer that publishes no keys': callWhile(500),
    'an issuer that is out of reach': callWhile('hangs up'),
    'a role that does not exist': callWith(() => {
      vi.stubEnv('AWS_ROLE_ARN', `${roleArn}-2`)
      return makeToken()
    }),
  })
  const stable = responses
    .replaceAll(issuer.url.slice(0, -1), '<cluster>')
    .replaceAll(/time \d+ must/g, 'time <now> must')
  await expect(stable).toMatchFileSnapshot('web-identity.txt')
})

async function assumeRoleWith(parameters: Record<string, string>) {
  const usual = { RoleArn: roleArn, WebIdentityToken: await makeToken() }
  const { response, xml, read } = await assumeRole(bedrock.url, { ...usual, ...parameters })
  expect(response.headers.get('content-type')).toMatch(/^text\/xml/)
  return { status: response.status, xml, read }
}

it('AssumeRoleWithWebIdentity returns credentials with their principal and expiry', async () => {
  const askedMs = Date.now()
  const { status, read } = await assumeRoleWith({ DurationSeconds: '900' })
  expect(status).toBe(200)
  expect(read('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/agent-pod')
  expect(read('SubjectFromWebIdentityToken')).toBe(subject)
  const expiration = Date.parse(read('Expiration'))
  // STS states the expiration in whole seconds, so up to a second may be cut off.
  expect(expiration).toBeGreaterThan(askedMs + 899_000)
  expect(expiration).toBeLessThanOrEqual(Date.now() + 900_000)
})

it.each<[string, Record<string, string>, string]>([
  ['without a role', { RoleArn: '' }, 'ValidationError'],
  ['with a space in the session name', { RoleSessionName: 'a b' }, 'ValidationError'],
  ['for a session of one minute', { DurationSeconds: '60' }, 'ValidationError'],
  ['for a longer session than the role allows', { DurationSeconds: '7200' }, 'ValidationError'],
  ['of another version', { Version: '2000-01-01' }, 'InvalidAction'],
  ['for another action', { Action: 'GetSessionToken' }, 'InvalidAction'],
])('AssumeRoleWithWebIdentity refuses a request %s', async (_what, parameters, code) => {
  const { status, xml } = await assumeRoleWith(parameters)
  expect(status).toBe(400)
  expect(xml).toContain(`<Code>${code}</Code>`)
})
