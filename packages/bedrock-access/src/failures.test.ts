import { expect, it } from 'vitest'
import { CredentialError } from './credentials.ts'
import type { CallPhase } from './failure-signs.ts'
import { explainFailure } from './failures.ts'
import { readConfig } from './testing/read-config.ts'

/** An error of the AWS SDK: its name, the status of the response if there was one, and its message. */
function awsError(name: string, httpStatusCode?: number, message = ''): Error {
  const metadata = { $metadata: { httpStatusCode, requestId: 'aws-request-1' } }
  return Object.assign(new Error(message), { name }, httpStatusCode && metadata)
}
const systemError = (code: string) => Object.assign(new Error('connect'), { code })
const denial = (message: string) => awsError('AccessDeniedException', 403, message)
const notFound = (message: string) => awsError('ResourceNotFoundException', 404, message)
const invalid = (message: string) => awsError('ValidationException', 400, message)
const wrongSignature = (message: string) => awsError('InvalidSignatureException', 403, message)
const noCredentials = (message: string) => awsError('CredentialsProviderError', undefined, message)

const allTiers = [awsError('ExpiredTokenException', 403), awsError('UnrecognizedClientException', 403)]
// biome-ignore format: table
const tiers = {
  sts: { AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' },
  'api-key': { AWS_BEARER_TOKEN_BEDROCK: 'ABSKexample' },
  federation: { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent', AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/aws/token' },
  'pod-identity': { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/pod/token' },
  'default-chain': {},
}
const requests = [
  ...['expired: 20261125T000000Z is now earlier', 'not yet current'].map(why =>
    wrongSignature(`Signature ${why}`),
  ),
  wrongSignature('The request signature we calculated does not match'),
  denial('Authentication failed: Please make sure your API Key is valid.'),
  denial('Bearer Token has expired'),
  denial('User: … is not authorized to perform: bedrock:CallWithBearerToken'),
  denial('User: … is not authorized to perform: bedrock:InvokeModelWithResponseStream'),
  denial('… with an explicit deny in a service control policy'),
  denial('You don’t have access to the model with the specified model ID.'),
  denial('Your request did not allow prompt caching.'),
  notFound('Model use case details have not been submitted for this account.'),
  notFound('This model version has reached the end of its life.'),
  notFound('Access denied. This Model is marked by provider as Legacy'),
  notFound('Could not resolve the foundation model'),
  invalid('The provided model identifier is invalid.'),
  invalid('Invocation of model ID x with on-demand throughput isn’t supported.'),
  invalid('`temperature` is deprecated for this model.'),
  invalid('Input is too long for requested model.'),
  invalid('The content field in the Message object at messages.1 is empty.'),
  awsError('Error', 400, 'Input is too long for requested model.'),
  awsError('Error', 400, 'Malformed input request, please reformat your input and try again.'),
  awsError('Error', 400, 'The provided model identifier is invalid.'),
  awsError('ThrottlingException', 429, 'Too many requests, please wait before trying again.'),
  awsError('ServiceQuotaExceededException', 400, 'Too many tokens per day'),
  awsError('ModelNotReadyException', 429),
  awsError('ModelTimeoutException', 408),
  awsError('InternalServerException', 500),
  awsError('SyntaxError', 502, 'Unexpected token < in JSON'),
  awsError('Unknown', 403),
  ...['ECONNREFUSED', 'CERT_HAS_EXPIRED'].map(systemError),
]
const streams = [
  ...['ModelStreamErrorException', 'throttlingException'].map(name => awsError(name)),
  systemError('ECONNRESET'),
  Object.assign(new Error('timed out'), { lc_error_code: 'MODEL_STREAM_TIMEOUT' }),
  new Error('The message checksum did not match'),
]
const tokenExchanges = [
  awsError('ExpiredTokenException', 400, 'Token expired'),
  awsError('InvalidIdentityTokenException', 400, 'No OpenIDConnect provider found'),
  awsError('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'),
  awsError('IDPCommunicationErrorException', 400),
  awsError('InternalFailure', 500),
  ...['ENOENT', 'ECONNREFUSED'].map(systemError),
]
const chain = [
  noCredentials('Could not load credentials from any providers'),
  noCredentials('The SSO session associated with this profile has expired. Run aws sso login'),
  noCredentials('Could not resolve credentials using profile: [work]'),
]
const inModel = (BEDROCK_MODEL_ID: string) => ({ ...tiers.sts, BEDROCK_MODEL_ID })
const arn = 'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc'
const ofCredential = (causes: readonly Error[]) =>
  causes.map(cause => new CredentialError('No credential.', { cause }))

/** The causes of failures under a title, and the settings and the phase in which they occur. */
// biome-ignore format: table
const sections: readonly (readonly [title: string, variables: Record<string, string>, causes: readonly Error[], phase?: CallPhase])[] = [
  ['A request', tiers.sts, requests],
  ['A stream, in its middle', tiers.sts, streams, 'stream'],
  ...Object.entries(tiers).map(([tier, variables]) => [`The credential of tier ${tier}`, variables, allTiers] as const),
  ['The exchange of a web identity token', tiers.federation, ofCredential(tokenExchanges)],
  ['The agent of EKS Pod Identity', tiers['pod-identity'], ofCredential([noCredentials('Error response received')])],
  ['The default credential chain', tiers['default-chain'], ofCredential(chain)],
  ['A right to a global profile', inModel('global.anthropic.claude-haiku-5-5'), [denial('not authorized')]],
  ['A right to a model without a profile', inModel('anthropic.claude-of-the-future'), [denial('not authorized')]],
  ['A right to a profile by its ARN', inModel(arn), [denial('not authorized')]],
  ['A configured endpoint', { ...tiers.sts, AWS_ENDPOINT_URL: 'http://localhost:4566' }, [systemError('ECONNREFUSED')]],
]

it('Every failure is explained, with what helps', async () => {
  const explained = sections.map(([title, variables, causes, phase = 'request']) => {
    const rows = causes.map(error => {
      const problem = explainFailure(error, readConfig(variables), phase)
      const { code, status, title, detail, hint } = problem.toDocument('r')
      const { name, message: words } = error instanceof CredentialError ? (error.cause as Error) : error
      const upstream = Object.values(problem.options.upstream ?? {}).join(' ')
      const lines = [`${upstream} → ${status} ${code}, ${title}`, detail, hint ?? 'no hint']
      return [`\n${name}: ${words}`, ...lines].join('\n  ')
    })
    return [`# ${title}`, ...rows, ''].join('\n')
  })
  await expect(explained.join('\n')).toMatchFileSnapshot('failures.txt')
})

it.each([
  'The request signature does not match. The Canonical String should have been\nx-amz-security-token:FwoGZXIvYXdzSECRET',
  'ASIAIOSFODNN7EXAMPLE is unknown; Bearer abcdefghijklmnopqrstuvwx; eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
])('Neither the user nor the log gets the credentials that AWS quotes: %s', message => {
  const found = explainFailure(wrongSignature(message), readConfig(tiers.sts), 'request')
  const { hint, cause } = found.options
  const said = [found.message, hint, String(cause), JSON.stringify(found.toDocument('r'))]
  expect(said.join()).not.toMatch(/FwoG|ASIAIOS|abcdefghijkl|eyJ/)
  expect(String(cause)).toContain('aws-request-1')
})
