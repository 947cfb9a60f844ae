import { writeFileSync } from 'node:fs'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFile } from '../../../packages/service-kit/src/testing/temporary-file.ts'
import { forFile } from '../../support/for-file.ts'
import { startIssuer, subject } from './oidc-issuer.ts'
import { converse, failureOf, useBedrock } from './support.ts'

const issuer = await forFile(startIssuer())
const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'
const bedrock = useBedrock(() => ({
  EMULATOR_TRUSTED_ISSUER: issuer.issuer,
  EMULATOR_TRUSTED_SUBJECT: subject,
}))
const tokenFile = temporaryFile('token')

afterEach(() => issuer.respondWith(undefined))

function stsCalls() {
  return bedrock.app.controls.requests.all.filter(
    ({ operation }) => operation === 'AssumeRoleWithWebIdentity',
  )
}

describe('the SDK’s own web identity credentials', () => {
  let client: BedrockRuntimeClient

  beforeEach(() => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined)
    }
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', undefined)
    vi.stubEnv('AWS_ROLE_ARN', roleArn)
    vi.stubEnv('AWS_ROLE_SESSION_NAME', 'agent-pod')
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', tokenFile)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', bedrock.url)
    writeFileSync(tokenFile, issuer.token())
    client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: bedrock.url,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    })
  })
  afterEach(() => client.destroy())

  it('call Bedrock as a session of the role, and are reused', async () => {
    await converse(client)
    await converse(client)
    expect(stsCalls()).toHaveLength(1)
    expect(bedrock.app.controls.requests.all.at(-1)).toMatchObject({
      principal: 'arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/agent-pod',
      status: 200,
    })
  })

  it('are renewed with the file’s current token, even if a new key signed this token', async () => {
    bedrock.app.controls.settings.change({ sessionSeconds: 0 })
    expect((await failureOf(converse(client))).name).toBe('ExpiredTokenException')
    bedrock.app.controls.settings.change({ sessionSeconds: null })
    const before = stsCalls().length
    issuer.rotate()
    writeFileSync(tokenFile, issuer.token({ jti: 'second' }))
    await converse(client)
    expect(stsCalls().slice(before)).toMatchObject([{ status: 200 }])
  })

  it.each(
    // biome-ignore format: table
    [
      ['an expired token', () => issuer.token({ exp: 1_700_000_000 }), 400, 'ExpiredTokenException', /^Token expired: current date\/time \d+ must be before the expiration date\/time 1700000000$/],
      ['a token for another audience', () => issuer.token({ aud: ['api://AzureADTokenExchange'] }), 400, 'InvalidIdentityTokenException', /^Incorrect token audience$/],
      [
        'a token of an issuer that differs in the trailing slash',
        () => issuer.token({ iss: issuer.issuer.replace(/\/$/, '') }),
        400,
        'InvalidIdentityTokenException',
        /^No OpenIDConnect provider found in your account for /,
      ],
      ['a token of another service account', () => issuer.token({ sub: `${subject}-2` }), 403, 'AccessDenied', /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/],
      ['a token signed with another key', () => issuer.forge(), 400, 'InvalidIdentityTokenException', /signature verification failed/],
      ['what is no JWT', () => 'not-a-token', 400, 'InvalidIdentityTokenException', /is not a valid JWT/],
    ],
  )('are refused for %s', async (_what, token, status, name, message) => {
    writeFileSync(tokenFile, token())
    expect(await failureOf(converse(client))).toMatchObject({
      name,
      message: expect.stringMatching(message),
      $metadata: { httpStatusCode: status },
    })
  })

  it('are refused for a role that does not exist', async () => {
    vi.stubEnv('AWS_ROLE_ARN', `${roleArn}-2`)
    expect(await failureOf(converse(client))).toMatchObject({ name: 'AccessDenied' })
  })

  it('are refused while the issuer publishes no keys', async () => {
    issuer.respondWith((_request, response) => response.writeHead(500).end())
    expect(await failureOf(converse(client))).toMatchObject({
      name: 'InvalidIdentityTokenException',
      message: expect.stringMatching(/^Couldn't retrieve verification key from your identity provider/),
    })
  })

  it('are refused while the issuer is out of reach', async () => {
    issuer.respondWith(request => request.socket.destroy())
    expect((await failureOf(converse(client))).name).toMatch(/^IDPCommunicationError/)
  })
})

async function askSts(parameters: Record<string, string>): Promise<{ status: number; xml: string }> {
  const response = await fetch(bedrock.url, {
    method: 'POST',
    body: new URLSearchParams({ Version: '2011-06-15', ...parameters }),
  })
  expect(response.headers.get('content-type')).toMatch(/^text\/xml/)
  return { status: response.status, xml: await response.text() }
}

describe('AssumeRoleWithWebIdentity', () => {
  const assume = (parameters: Record<string, string>) =>
    askSts({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: roleArn,
      RoleSessionName: 'session',
      WebIdentityToken: issuer.token(),
      ...parameters,
    })

  it('returns credentials with their principal and expiry', async () => {
    const askedMs = Date.now()
    const { status, xml } = await assume({ DurationSeconds: '900' })
    expect(status).toBe(200)
    expect(xml).toContain('<Arn>arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/session</Arn>')
    expect(xml).toContain(`<SubjectFromWebIdentityToken>${subject}</SubjectFromWebIdentityToken>`)
    const expiration = Date.parse(/<Expiration>([^<]+)</.exec(xml)?.[1] ?? '')
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
  ])('refuses a request %s', async (_what, parameters, code) => {
    const { status, xml } = await assume(parameters)
    expect(status).toBe(400)
    expect(xml).toContain(`<Code>${code}</Code>`)
  })
})
