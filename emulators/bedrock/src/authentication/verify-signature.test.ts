import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { readAuthorization, type SignatureV4Authorization } from './authorization-header.ts'
import type { ReceivedRequest } from './received-request.ts'
import { findSignatureFault } from './verify-signature.ts'

function authorizationOf(request: ReceivedRequest): SignatureV4Authorization {
  const authorization = readAuthorization(String(request.headers['authorization']))
  if (!authorization) throw new Error('The request is not signed.')
  return authorization
}

/** Signs as the AWS SDK does. */
async function sign(
  request: Omit<ReceivedRequest, 'headers'> & { headers?: Record<string, string> },
  at: Date,
) {
  const signer = new SignatureV4({
    service: 'bedrock',
    region: 'us-east-1',
    sha256: Sha256,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  })
  const query = Object.fromEntries(new URLSearchParams(request.query))
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: 'localhost',
      path: request.path,
      query,
      headers: { host: 'localhost:7002', ...request.headers },
      body: request.body,
    },
    { signingDate: at },
  )
  return { ...request, headers: signed.headers } satisfies ReceivedRequest
}

const date = new Date('2026-11-24T12:00:00Z')
const scope = { region: 'us-east-1', service: 'bedrock' }

describe('findSignatureFault', () => {
  it('accepts the example of the AWS documentation', async () => {
    // https://docs.aws.amazon.com/general/latest/gr/sigv4-create-canonical-request.html
    const request: ReceivedRequest = {
      method: 'GET',
      path: '/',
      query: 'Action=ListUsers&Version=2010-05-08',
      headers: {
        host: 'iam.amazonaws.com',
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'x-amz-date': '20150830T123600Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
      },
      body: new Uint8Array(),
    }
    const fault = await findSignatureFault(
      request,
      authorizationOf(request),
      'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      { region: 'us-east-1', service: 'iam' },
      Date.UTC(2015, 7, 30, 12, 36),
    )
    expect(fault).toBeUndefined()
  })

  it.each([
    ['the method', { method: 'PUT' }],
    ['the path', { path: '/model/b/converse' }],
    ['the query', { query: 'a=2' }],
    ['the body', { body: Buffer.from('{"a":2}') }],
  ])('notices a change of %s', async (_what, change) => {
    const signed = await sign(
      { method: 'POST', path: '/model/a/converse', query: 'a=1', body: Buffer.from('{"a":1}') },
      date,
    )
    const request = { ...signed, ...change }
    expect(
      await findSignatureFault(request, authorizationOf(request), 'secret', scope, date.getTime()),
    ).toMatch(/^The request signature we calculated does not match/)
  })

  it('does not trust the hash that the request states for its body', async () => {
    const signed = await sign({ method: 'POST', path: '/', query: '', body: Buffer.from('{"a":1}') }, date)
    expect(signed.headers['x-amz-content-sha256']).toHaveLength(64)
    const request = { ...signed, body: Buffer.from('{"a":2}') }
    const fault = await findSignatureFault(request, authorizationOf(request), 'secret', scope, date.getTime())
    expect(fault).toMatch(/^The request signature we calculated does not match/)
  })

  it.each([
    ['expired', 5 * 60 + 1, /^Signature expired: 20261124T120000Z is now earlier than 20261124T120001Z/],
    ['not yet current', -5 * 60 - 1, /^Signature not yet current: 20261124T120000Z/],
  ])('reports “%s” if a signature’s time is over five minutes off', async (_what, seconds, sentence) => {
    const request = await sign({ method: 'POST', path: '/', query: '', body: new Uint8Array() }, date)
    const now = date.getTime() + seconds * 1000
    expect(await findSignatureFault(request, authorizationOf(request), 'secret', scope, now)).toMatch(
      sentence,
    )
    const withinTolerance = now - Math.sign(seconds) * 1000
    expect(
      await findSignatureFault(request, authorizationOf(request), 'secret', scope, withinTolerance),
    ).toBeUndefined()
  })

  it('requires every x-amz header to be signed', async () => {
    const signed = await sign({ method: 'POST', path: '/', query: '', body: new Uint8Array() }, date)
    const request = { ...signed, headers: { ...signed.headers, 'x-amz-target': 'Other' } }
    expect(await findSignatureFault(request, authorizationOf(request), 'secret', scope, date.getTime())).toBe(
      "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    )
  })
})
