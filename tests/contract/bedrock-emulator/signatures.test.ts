import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { converse, failureOf, haiku, knownKeys, useBedrock } from './support.ts'

const bedrock = useBedrock()
const bedrockWithSession = useBedrock(() => ({ EMULATOR_SESSION_TOKEN: 'the-session-token' }))

describe('credentials', () => {
  const expired = {
    accessKeyId: 'ASIAEXPIRED00EXAMPLE',
    secretAccessKey: 'emulated-secret-access-key',
    sessionToken: 'emulated-expired-session-token',
  }
  it.each(
    // biome-ignore format: table
    [
      ['an unknown key', { ...knownKeys, accessKeyId: 'AKIAUNKNOWN00EXAMPLE' }, 'UnrecognizedClientException', /^The security token included in the request is invalid\.$/],
      ['a session token that does not belong to the key', { ...knownKeys, sessionToken: 'other' }, 'UnrecognizedClientException', /invalid/],
      ['a wrong secret', { ...knownKeys, secretAccessKey: 'wrong' }, 'InvalidSignatureException', /^The request signature we calculated does not match/],
      ['expired temporary keys', expired, 'ExpiredTokenException', /^The security token included in the request is expired$/],
      ['expired keys without their session token', { ...expired, sessionToken: undefined }, 'UnrecognizedClientException', /invalid/],
    ],
  )(
    'are refused if the request has %s',
    async (_what, {
      sessionToken,
      ...keys
    }: typeof knownKeys & { sessionToken?: string | undefined }, name, message) => {
      const credentials = sessionToken === undefined ? keys : { ...keys, sessionToken }
      const client = bedrock.client({ credentials })
      expect(await failureOf(converse(client))).toMatchObject({
        name,
        message: expect.stringMatching(message),
        $metadata: { httpStatusCode: 403 },
      })
      expect(bedrock.app.controls.requests.all).toMatchObject([{ status: 403, error: name }])
    },
  )

  it('of a session are accepted with their session token', async () => {
    const credentials = { ...knownKeys, sessionToken: 'the-session-token' }
    await converse(bedrockWithSession.client({ credentials }))
    expect(bedrockWithSession.app.controls.requests.all[0]).toMatchObject({
      principal: 'arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/developer',
    })
    const failure = await failureOf(converse(bedrockWithSession.client()))
    expect(failure.name).toBe('UnrecognizedClientException')
  })

  it('for another region are refused', async () => {
    const failure = await failureOf(converse(bedrock.client({ region: 'eu-central-1' })))
    expect(failure).toMatchObject({
      name: 'InvalidSignatureException',
      message: 'Credential should be scoped to a valid region. ',
    })
  })

  it.each([
    [600, /^Signature expired/],
    [-600, /^Signature not yet current/],
  ])('are refused if the client’s clock is %i s behind', async (offsetSeconds, message) => {
    bedrock.app.controls.settings.change({ clockOffsetSeconds: offsetSeconds })
    expect(await failureOf(converse(bedrock.client()))).toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(message),
    })
  })
})

/** A signed request that a test may spoil before it is sent. */
interface RawRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

async function signedRequest(service = 'bedrock'): Promise<RawRequest> {
  const signer = new SignatureV4({ service, region: 'us-east-1', credentials: knownKeys, sha256: Sha256 })
  const { host, hostname } = new URL(bedrock.url)
  const request = {
    method: 'POST',
    path: `/model/${haiku}/converse-stream`,
    headers: { host, 'content-type': 'application/json', 'x-amz-note': 'one  two' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
  }
  const { headers } = await signer.sign({ ...request, protocol: 'http:', hostname })
  return { ...request, headers }
}

function send({ path, headers, ...init }: RawRequest): Promise<Response> {
  const { host: _host, ...sent } = headers
  return fetch(`${bedrock.url}${path}`, { ...init, headers: sent })
}

function replaceInHeader(
  request: RawRequest,
  header: string,
  from: RegExp | string,
  to: string | ((found: string) => string),
): void {
  const replacement = typeof to === 'string' ? () => to : to
  request.headers[header] = (request.headers[header] ?? '').replace(from, replacement)
}

describe('a signed request', () => {
  it('is accepted if it is unchanged', async () => {
    expect((await send(await signedRequest())).status).toBe(200)
  })

  it.each<[string, (request: RawRequest) => void, string, RegExp]>(
    // biome-ignore format: table
    [
      ['another body', request => { request.body = request.body.replace('Hi', 'Ho') }, 'InvalidSignatureException', /does not match/],
      ['another model', request => { request.path = request.path.replace('haiku', 'opus') }, 'InvalidSignatureException', /does not match/],
      ['a query', request => { request.path += '?a=1' }, 'InvalidSignatureException', /does not match/],
      ['another signed header', request => { request.headers['x-amz-note'] = 'other' }, 'InvalidSignatureException', /does not match/],
      ['an additional x-amz header', request => { request.headers['x-amz-target'] = 'other' }, 'InvalidSignatureException', /'x-amz-target' must be a 'SignedHeader'/],
      ['another date', request => replaceInHeader(request, 'x-amz-date', /\d(?=Z$)/, digit => String((Number(digit) + 1) % 10)), 'InvalidSignatureException', /does not match/],
      ['no date', request => { delete request.headers['x-amz-date'] }, 'InvalidSignatureException', /Date/],
      ['another scope date', request => replaceInHeader(request, 'authorization', /\/\d{8}\//, '/20200101/'), 'InvalidSignatureException', /does not match/],
      ['another region', request => replaceInHeader(request, 'authorization', 'us-east-1', 'us-west-2'), 'InvalidSignatureException', /valid region/],
      ['another service', request => replaceInHeader(request, 'authorization', '/bedrock/', '/s3/'), 'InvalidSignatureException', /correct service: 'bedrock'/],
      ['another signature', request => replaceInHeader(request, 'authorization', /[0-9a-f]{8}$/, '00000000'), 'InvalidSignatureException', /does not match/],
      ['a shorter signature', request => replaceInHeader(request, 'authorization', /[0-9a-f]{8}$/, ''), 'InvalidSignatureException', /does not match/],
      ['fewer signed headers', request => replaceInHeader(request, 'authorization', 'content-type;', ''), 'InvalidSignatureException', /does not match/],
      ['an unsigned host', request => replaceInHeader(request, 'authorization', 'host;', ''), 'InvalidSignatureException', /'host' must be a 'SignedHeader'/],
      ['no signature', request => replaceInHeader(request, 'authorization', /, Signature=.*/, ''), 'IncompleteSignatureException', /none of Signature Version 4/],
      ['a credential without scope', request => replaceInHeader(request, 'authorization', /Credential=[^,]*/, 'Credential=AKIA'), 'IncompleteSignatureException', /none of Signature Version 4/],
      ['another scheme', request => { request.headers['authorization'] = 'Basic YTpi' }, 'IncompleteSignatureException', /none of Signature Version 4/],
      ['no authorization', request => { delete request.headers['authorization'] }, 'MissingAuthenticationTokenException', /^Missing Authentication Token$/],
    ],
  )('is refused if it is sent with %s', async (_what, spoil, name, message) => {
    const request = await signedRequest()
    spoil(request)
    const response = await send(request)
    expect(response.status).toBe(403)
    expect(response.headers.get('x-amzn-errortype')).toBe(
      `${name}:http://internal.amazon.com/coral/com.amazon.coral.service/`,
    )
    expect(await response.json()).toEqual({ message: expect.stringMatching(message) })
  })

  it('is refused if it was signed for another service, even with a correct signature', async () => {
    const response = await send(await signedRequest('sts'))
    expect(await response.json()).toEqual({
      message: "Credential should be scoped to correct service: 'bedrock'. ",
    })
  })
})

describe('an API key', () => {
  const withKey = (token: string) =>
    bedrock.client({ authSchemePreference: ['httpBearerAuth'], token: { token } })

  it('is accepted as bearer token', async () => {
    expect(await converse(withKey('emulated-bedrock-api-key'))).toMatchObject({ stopReason: 'end_turn' })
  })

  it.each(['unknown', 'emulated-expired-api-key', 'emulated-api-key-of-another-region'])(
    'with the value “%s” is refused',
    async key => {
      expect(await failureOf(converse(withKey(key)))).toMatchObject({
        name: 'AccessDeniedException',
        message: 'Authentication failed: Please make sure your API Key is valid.',
        $metadata: { httpStatusCode: 403 },
      })
    },
  )

  it('needs the permission to call with a bearer token', async () => {
    expect(await failureOf(converse(withKey('emulated-api-key-without-policy')))).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(
        /not authorized to perform: bedrock:CallWithBearerToken on resource: \*/,
      ),
    })
  })
})

it('keys and tokens are never in the request log', async () => {
  await converse(bedrock.client())
  await failureOf(converse(bedrock.client({ credentials: { ...knownKeys, sessionToken: 'sentinel-token' } })))
  const seen = await (await fetch(`${bedrock.url}/emulator/requests`)).text()
  expect(JSON.parse(seen).requests).toHaveLength(2)
  expect(seen).not.toMatch(/sentinel-token|AKIA|AWS4|wJalr/)
})
