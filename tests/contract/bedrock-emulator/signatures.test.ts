import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect, it } from 'vitest'
import { converse, describeCalls, failureOf, haiku, knownKeys, startBedrock } from './support.ts'

const bedrock = await startBedrock()
const bedrockWithSession = await startBedrock({ EMULATOR_SESSION_TOKEN: 'the-session-token' })

it('each credential is accepted or refused in the words of AWS', async () => {
  const expired = {
    accessKeyId: 'ASIAEXPIRED00EXAMPLE',
    secretAccessKey: 'emulated-secret-access-key',
    sessionToken: 'emulated-expired-session-token',
  }
  const { sessionToken: _token, ...expiredKeys } = expired
  const callWith = (options: Parameters<typeof bedrock.client>[0]) => () => converse(bedrock.client(options))
  const callAs = (changes: Partial<typeof expired>, keys = knownKeys) =>
    callWith({ credentials: { ...keys, ...changes } })
  const callWithKey = (token: string) =>
    callWith({ authSchemePreference: ['httpBearerAuth'], token: { token } })
  const callAt = (clockOffsetSeconds: number) => () => {
    bedrock.app.controls.settings.change({ clockOffsetSeconds })
    return converse(bedrock.client())
  }
  const responses = await describeCalls(bedrock, {
    'a known key': callAs({}),
    'an unknown key': callAs({ accessKeyId: 'AKIAUNKNOWN00EXAMPLE' }),
    'a session token that does not belong to the key': callAs({ sessionToken: 'other' }),
    'a wrong secret': callAs({ secretAccessKey: 'wrong' }),
    'expired temporary keys': callAs(expired),
    'expired keys without their session token': callAs({}, expiredKeys),
    'the keys of another region': callWith({ region: 'eu-central-1' }),
    'a clock that is ten minutes behind': callAt(600),
    'a clock that is ten minutes ahead': callAt(-600),
    'an API key': callWithKey('emulated-bedrock-api-key'),
    'an unknown API key': callWithKey('unknown'),
    'an expired API key': callWithKey('emulated-expired-api-key'),
    'an API key of another region': callWithKey('emulated-api-key-of-another-region'),
    'an API key without the permission to call with it': callWithKey('emulated-api-key-without-policy'),
  })
  await expect(responses).toMatchFileSnapshot('credentials.txt')
})

it('keys of a session are accepted with their session token only', async () => {
  await converse(
    bedrockWithSession.client({ credentials: { ...knownKeys, sessionToken: 'the-session-token' } }),
  )
  expect(bedrockWithSession.app.controls.requests.all).toMatchObject([
    { principal: 'arn:aws:sts::111122223333:assumed-role/entra-bedrock-agent/developer' },
  ])
  const failure = await failureOf(converse(bedrockWithSession.client()))
  expect(failure.name).toBe('UnrecognizedClientException')
})

/** A signed request: its method, path and body, and its headers by their names. */
type RawRequest = Record<string, string>

async function signedRequest(service: string): Promise<RawRequest> {
  const signer = new SignatureV4({ service, region: 'us-east-1', credentials: knownKeys, sha256: Sha256 })
  const { host, hostname } = new URL(bedrock.url)
  const request = {
    method: 'POST',
    path: `/model/${haiku}/converse-stream`,
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
  }
  const headers = { host, 'content-type': 'application/json', 'x-amz-note': 'one  two' }
  const signed = await signer.sign({ ...request, headers, protocol: 'http:', hostname })
  return { ...request, ...signed.headers }
}

/** What the emulator responds to a signed request that was spoilt. */
async function respondTo(spoil: (request: RawRequest) => void, service = 'bedrock'): Promise<string> {
  const signed = await signedRequest(service)
  spoil(signed)
  const { host: _host, method = '', path, body = '', ...headers } = signed
  const response = await fetch(`${bedrock.url}${path}`, { method, body, headers })
  if (response.ok) return `${response.status}`
  const type = response.headers.get('x-amzn-errortype') ?? ''
  const { message } = JSON.parse(await response.text())
  return `${response.status} ${type} | ${message.replaceAll(/\b\d{8}T\d{6}Z/g, '<time>')}`
}

it('a signed request is refused after any change, in the words of AWS', async () => {
  const remove = (header: string) => (request: RawRequest) => {
    delete request[header]
  }
  const replace = (field: string, from: RegExp | string, to: string) => (request: RawRequest) => {
    request[field] = (request[field] ?? '').replace(from, to)
  }
  const changes: Readonly<Record<string, (request: RawRequest) => void>> = {
    nothing: () => {},
    'another body': replace('body', 'Hi', 'Ho'),
    'another model': replace('path', 'haiku', 'opus'),
    'a query': replace('path', /$/, '?a=1'),
    'another signed header': replace('x-amz-note', 'one', 'other'),
    'an additional x-amz header': replace('x-amz-target', '', 'other'),
    'another date': request => {
      const nextDigit = (digit: string) => String((Number(digit) + 1) % 10)
      request['x-amz-date'] = (request['x-amz-date'] ?? '').replace(/\d(?=Z$)/, nextDigit)
    },
    'no date': remove('x-amz-date'),
    'another scope date': replace('authorization', /\/\d{8}\//, '/20200101/'),
    'another region': replace('authorization', 'us-east-1', 'us-west-2'),
    'another service': replace('authorization', '/bedrock/', '/s3/'),
    'another signature': replace('authorization', /[0-9a-f]{8}$/, '00000000'),
    'a shorter signature': replace('authorization', /[0-9a-f]{8}$/, ''),
    'fewer signed headers': replace('authorization', 'content-type;', ''),
    'an unsigned host': replace('authorization', 'host;', ''),
    'no signature': replace('authorization', /, Signature=.*/, ''),
    'a credential without scope': replace('authorization', /Credential=[^,]*/, 'Credential=AKIA'),
    'another scheme': replace('authorization', /.*/, 'Basic YTpi'),
    'no authorization': remove('authorization'),
  }
  const lines: string[] = []
  for (const [what, spoil] of Object.entries(changes)) lines.push(`${what}: ${await respondTo(spoil)}\n`)
  lines.push(`a signature for another service: ${await respondTo(() => {}, 'sts')}\n`)
  await expect(lines.join('')).toMatchFileSnapshot('signatures.txt')
})

it('keys and tokens are never in the request log', async () => {
  await converse(bedrock.client())
  await failureOf(converse(bedrock.client({ credentials: { ...knownKeys, sessionToken: 'sentinel-token' } })))
  const seen = await (await fetch(`${bedrock.url}/emulator/requests`)).text()
  const refused = { status: 403, error: 'UnrecognizedClientException' }
  expect(JSON.parse(seen).requests).toMatchObject([{ status: 200 }, refused])
  expect(seen).not.toMatch(/sentinel-token|AKIA|AWS4|wJalr/)
})
