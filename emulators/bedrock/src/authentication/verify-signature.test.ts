import { expect, it } from 'vitest'
import { findSignatureFault, type ReceivedRequest, readAuthorization } from './verify-signature.ts'

/** The example of the AWS documentation: https://docs.aws.amazon.com/general/latest/gr/sigv4-create-canonical-request.html */
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
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const scope = { region: 'us-east-1', service: 'iam' }

const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

it.each([
  ['the example of the AWS documentation', {}, 0, undefined],
  ['another method', { method: 'PUT' }, 0, mismatch],
  ['another query', { query: 'Action=ListRoles&Version=2010-05-08' }, 0, mismatch],
  ['a clock that is five minutes ahead', {}, 300, undefined],
  ['a clock that is five minutes behind', {}, -300, undefined],
  [
    'a clock that is over five minutes ahead',
    {},
    301,
    'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)',
  ],
  [
    'a clock that is over five minutes behind',
    {},
    -301,
    'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)',
  ],
])('the signature of %s is judged as AWS judges it', async (_what, changes, seconds, fault) => {
  const authorization = readAuthorization(request.headers['authorization'] ?? '')
  if (!authorization) throw new Error('The request is not signed.')
  const now = Date.UTC(2015, 7, 30, 12, 36, seconds)
  expect(await findSignatureFault({ ...request, ...changes }, authorization, secret, scope, now)).toBe(fault)
})
