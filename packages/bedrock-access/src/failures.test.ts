import { readEnvironment } from '@entra-agents/service-kit'
import { describe, expect, it } from 'vitest'
import { type BedrockConfig, readBedrockConfig } from './config.ts'
import { CredentialError } from './credentials.ts'
import { explainFailure } from './failures.ts'

// biome-ignore format: table
const tiers = {
  sts: { AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' },
  'api-key': { AWS_BEARER_TOKEN_BEDROCK: 'ABSKexample' },
  federation: { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent', AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/aws/token' },
  'pod-identity': { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/pod/token' },
  'default-chain': {},
} as const

function configOf(tier: keyof typeof tiers, more: Record<string, string> = {}): BedrockConfig {
  const config = readEnvironment({ AWS_REGION: 'eu-central-1', ...tiers[tier], ...more }, readBedrockConfig)
  if ('missing' in config) throw new Error(config.missing)
  return config
}

function awsError(name: string, httpStatusCode: number | undefined, message = ''): Error {
  return Object.assign(new Error(message), {
    name,
    ...(httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode, requestId: 'aws-request-1' } }),
  })
}

const explain = (error: unknown, tier: keyof typeof tiers = 'sts', phase: 'request' | 'stream' = 'request') =>
  explainFailure(error, configOf(tier), phase)

describe('a failure of Bedrock', () => {
  it.each(
    // biome-ignore format: table
    [
      ['ExpiredTokenException', 403, 'The security token included in the request is expired', 'BEDROCK_CREDENTIALS_EXPIRED'],
      ['UnrecognizedClientException', 403, 'The security token included in the request is invalid.', 'BEDROCK_CREDENTIALS_INVALID'],
      ['InvalidSignatureException', 403, 'Signature expired: 20261125T000000Z is now earlier than …', 'BEDROCK_CREDENTIALS_INVALID'],
      ['InvalidSignatureException', 403, 'The request signature we calculated does not match', 'BEDROCK_CREDENTIALS_INVALID'],
      ['AccessDeniedException', 403, 'Authentication failed: Please make sure your API Key is valid.', 'BEDROCK_CREDENTIALS_INVALID'],
      ['AccessDeniedException', 403, 'Bearer Token has expired', 'BEDROCK_CREDENTIALS_EXPIRED'],
      ['AccessDeniedException', 403, 'User: … is not authorized to perform: bedrock:InvokeModelWithResponseStream', 'BEDROCK_ACCESS_DENIED'],
      ['AccessDeniedException', 403, 'You don’t have access to the model with the specified model ID.', 'BEDROCK_ACCESS_DENIED'],
      ['ResourceNotFoundException', 404, 'Model use case details have not been submitted for this account.', 'BEDROCK_ACCESS_DENIED'],
      ['ValidationException', 400, 'The provided model identifier is invalid.', 'BEDROCK_MODEL_INVALID'],
      ['ValidationException', 400, 'Invocation of model ID x with on-demand throughput isn’t supported.', 'BEDROCK_MODEL_INVALID'],
      ['ResourceNotFoundException', 404, 'This model version has reached the end of its life.', 'BEDROCK_MODEL_RETIRED'],
      ['ResourceNotFoundException', 404, 'Access denied. This Model is marked by provider as Legacy', 'BEDROCK_MODEL_RETIRED'],
      ['ResourceNotFoundException', 404, 'Could not resolve the foundation model', 'BEDROCK_MODEL_INVALID'],
      ['ValidationException', 400, '`temperature` is deprecated for this model.', 'BEDROCK_REQUEST_INVALID'],
      ['ValidationException', 400, 'Input is too long for requested model.', 'BEDROCK_INPUT_TOO_LONG'],
      ['Error', 400, 'Input is too long for requested model.', 'BEDROCK_INPUT_TOO_LONG'],
      ['Error', 400, 'Malformed input request, please reformat your input and try again.', 'BEDROCK_REQUEST_INVALID'],
      ['Error', 400, 'The provided model identifier is invalid.', 'BEDROCK_MODEL_INVALID'],
      ['ValidationException', 400, 'The content field in the Message object at messages.1 is empty.', 'BEDROCK_REQUEST_INVALID'],
      ['ThrottlingException', 429, 'Too many requests, please wait before trying again.', 'BEDROCK_THROTTLED'],
      ['ServiceQuotaExceededException', 400, 'Too many tokens per day', 'BEDROCK_THROTTLED'],
      ['ModelNotReadyException', 429, 'Model is not ready', 'BEDROCK_UNAVAILABLE'],
      ['ModelTimeoutException', 408, 'Model has timed out', 'BEDROCK_UNAVAILABLE'],
      ['ModelErrorException', 424, 'The model errored', 'BEDROCK_UNAVAILABLE'],
      ['InternalServerException', 500, '', 'BEDROCK_UNAVAILABLE'],
      ['ServiceUnavailableException', 503, '', 'BEDROCK_UNAVAILABLE'],
      ['SyntaxError', 502, 'Unexpected token < in JSON', 'BEDROCK_UNAVAILABLE'],
      ['Unknown', 403, '', 'BEDROCK_ACCESS_DENIED'],
    ],
  )('with the name %s, status %i and message “%s” gets the code %s', (name, status, message, code) => {
    const found = explain(awsError(name, status, message))
    expect(found.code).toBe(code)
    expect(found.options.upstream).toEqual({
      service: 'bedrock',
      status,
      code: name,
      requestId: 'aws-request-1',
    })
  })

  it.each([
    ['ECONNREFUSED', 'BEDROCK_UNAVAILABLE'],
    ['ENOTFOUND', 'BEDROCK_UNAVAILABLE'],
    ['CERT_HAS_EXPIRED', 'BEDROCK_UNAVAILABLE'],
  ])('with the system error %s gets the code %s and a message that names the host', (code, expected) => {
    const found = explain(Object.assign(new Error('connect'), { code }))
    expect(found.code).toBe(expected)
    expect(found.message).toBe(`bedrock-runtime.eu-central-1.amazonaws.com cannot be reached (${code}).`)
  })

  it.each([
    [awsError('ModelStreamErrorException', undefined), 'BEDROCK_STREAM_BROKEN'],
    [awsError('InternalServerException', undefined), 'BEDROCK_STREAM_BROKEN'],
    [awsError('ThrottlingException', undefined), 'BEDROCK_THROTTLED'],
    [awsError('throttlingException', undefined), 'BEDROCK_THROTTLED'],
    [Object.assign(new Error('aborted'), { code: 'ECONNRESET' }), 'BEDROCK_STREAM_BROKEN'],
    [
      Object.assign(new Error('timed out'), { lc_error_code: 'MODEL_STREAM_TIMEOUT' }),
      'BEDROCK_STREAM_BROKEN',
    ],
    [new Error('The message checksum did not match'), 'BEDROCK_STREAM_BROKEN'],
  ])('in the middle of a stream (%s) gets the code %s', (error, code) => {
    expect(explain(error, 'sts', 'stream').code).toBe(code)
  })

  it('has a hint with an IAM statement that names the ARNs of the profile and the model', () => {
    const found = explain(
      awsError('AccessDeniedException', 403, 'is not authorized to perform: bedrock:InvokeModel'),
    )
    const statement: unknown = JSON.parse(found.options.hint?.replace(/^[^{]*/, '') ?? '')
    expect(statement).toEqual({
      Effect: 'Allow',
      Action: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      Resource: [
        'arn:aws:bedrock:eu-central-1:*:inference-profile/eu.anthropic.claude-haiku-5-5',
        'arn:aws:bedrock:*::foundation-model/anthropic.claude-haiku-5-5',
      ],
    })
  })

  it('has a hint that also names the model’s ARN without a region, for a global profile', () => {
    const config = configOf('sts', { BEDROCK_MODEL_ID: 'global.anthropic.claude-haiku-5-5' })
    const found = explainFailure(awsError('AccessDeniedException', 403, 'not authorized'), config, 'request')
    expect(found.options.hint).toContain('"arn:aws:bedrock:::foundation-model/anthropic.claude-haiku-5-5"')
  })

  it.each([
    ['sts', 'aws sso login'],
    ['api-key', 'AWS_BEARER_TOKEN_BEDROCK'],
    ['federation', 'web identity token'],
    ['pod-identity', 'Pod Identity Agent'],
    ['default-chain', 'shared credentials file'],
  ] as const)('because of an expired credential of tier %s has a hint with “%s”', (tier, hint) => {
    expect(explain(awsError('ExpiredTokenException', 403), tier).options.hint).toContain(hint)
  })

  it('has different hints for a wrong clock and for a wrong secret', () => {
    const signature = (message: string) => explain(awsError('InvalidSignatureException', 403, message))
    expect(signature('Signature expired: … is now earlier than …').options.hint).toContain('NTP')
    expect(signature('Signature not yet current: …').options.hint).toContain('NTP')
    expect(signature('The request signature we calculated does not match').options.hint).toContain(
      'AWS_SECRET_ACCESS_KEY',
    )
  })

  it('has a hint about which keys go with a session token', () => {
    const { hint } = explain(awsError('UnrecognizedClientException', 403), 'sts').options
    expect(hint).toContain('AKIA goes without AWS_SESSION_TOKEN')
    expect(hint).toContain('ASIA needs it')
  })

  it('names the variables that may have set the endpoint that is out of reach', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    const config = configOf('sts', { AWS_ENDPOINT_URL: 'http://localhost:4566' })
    expect(explainFailure(refused, config, 'request').message).toBe(
      'http://localhost:4566, which AWS_ENDPOINT_URL_BEDROCK_RUNTIME or AWS_ENDPOINT_URL names, cannot be reached (ECONNREFUSED).',
    )
  })

  it('shows the credentials that AWS quotes neither to the user nor in the log', () => {
    const quoting = [
      'The request signature we calculated does not match. The Canonical String for this request should have been\nx-amz-security-token:FwoGZXIvYXdzSECRET',
      'The key ASIAIOSFODNN7EXAMPLE is unknown; Bearer abcdefghijklmnopqrstuvwx; eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
    ]
    for (const message of quoting) {
      const found = explain(awsError('InvalidSignatureException', 403, message))
      const said = [
        found.message,
        found.options.hint,
        String(found.options.cause),
        JSON.stringify(found.toDocument('r')),
      ]
      expect(said.join()).not.toMatch(/FwoG|ASIAIOS|abcdefghijkl|eyJ/)
      expect(String(found.options.cause)).toContain('aws-request-1')
    }
  })
})

describe('a failure to obtain a credential', () => {
  const had = (cause: unknown) => new CredentialError('No AWS credentials were found.', { cause })
  const system = (code: string) => Object.assign(new Error(code), { code })

  it.each(
    // biome-ignore format: table
    [
      ['federation', awsError('ExpiredTokenException', 400, 'Token expired'), 'BEDROCK_CREDENTIALS_EXPIRED', 'subPath'],
      ['federation', awsError('InvalidIdentityTokenException', 400, 'No OpenIDConnect provider found'), 'BEDROCK_CREDENTIALS_INVALID', 'arn:aws:iam::111122223333:role/agent'],
      ['federation', awsError('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'), 'BEDROCK_CREDENTIALS_INVALID', 'trust policy'],
      ['federation', awsError('IDPCommunicationErrorException', 400), 'BEDROCK_UNAVAILABLE', 'discovery document'],
      ['federation', awsError('InternalFailure', 500), 'BEDROCK_UNAVAILABLE', 'in a moment'],
      ['federation', system('ENOENT'), 'BEDROCK_CREDENTIALS_INVALID', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
      ['federation', system('ECONNREFUSED'), 'BEDROCK_UNAVAILABLE', 'sts.'],
      ['pod-identity', awsError('CredentialsProviderError', undefined, 'Error response received'), 'BEDROCK_CREDENTIALS_INVALID', '169.254.170.23'],
      ['default-chain', awsError('CredentialsProviderError', undefined, 'Could not load credentials from any providers'), 'BEDROCK_NOT_CONFIGURED', 'AWS_PROFILE'],
      ['default-chain', awsError('CredentialsProviderError', undefined, 'The SSO session associated with this profile has expired. Run aws sso login'), 'BEDROCK_CREDENTIALS_EXPIRED', 'aws sso login'],
      ['default-chain', awsError('CredentialsProviderError', undefined, 'Could not resolve credentials using profile: [work]'), 'BEDROCK_CREDENTIALS_INVALID', 'AWS_PROFILE'],
    ] as const,
  )('of tier %s because of “%s” gets the code %s and a hint with “%s”', (tier, cause, code, hint) => {
    const found = explain(had(cause), tier)
    expect(found.code).toBe(code)
    expect(found.options.hint).toContain(hint)
    expect(found.options.upstream?.service).toMatch(/^(sts|credentials)$/)
  })
})
