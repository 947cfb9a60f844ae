import { inspect } from 'node:util'
import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { describe, expect, it } from 'vitest'
import { readBedrockConfig } from './config.ts'
import { readConfig } from './testing/read-config.ts'

type Variables = Readonly<Record<string, string>>

const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret-of-40-characters' }
const bearer = { AWS_BEARER_TOKEN_BEDROCK: 'ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl' }
const role = {
  AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/run/token',
}
const pod = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/pod-token',
}
const newModel = { BEDROCK_MODEL_ID: 'eu.anthropic.claude-new' }
const twoEndpoints = {
  AWS_ENDPOINT_URL: 'http://all.example',
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://bedrock.example/',
}

describe('the Bedrock configuration', () => {
  it.each<[Variables, object]>([
    [{ BEDROCK_TEMPERATURE: '' }, { maxTokens: 4096, temperature: undefined, probe: true }],
    [{}, { additionalModelRequestFields: undefined, promptCache: '5m' }],
    [{ BEDROCK_TEMPERATURE: '0' }, { temperature: 0 }],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' }, { region: 'eu-west-1' }],
    [{ AWS_REGION: 'us-east-1' }, { modelId: 'us.anthropic.claude-haiku-5-5' }],
    [{ AWS_REGION: 'eu-central-1' }, { modelId: 'eu.anthropic.claude-haiku-5-5' }],
    [{ AWS_REGION: 'ap-northeast-1' }, { modelId: 'jp.anthropic.claude-haiku-5-5' }],
    [{ AWS_REGION: 'ap-southeast-2' }, { modelId: 'au.anthropic.claude-haiku-5-5' }],
    [{ AWS_REGION: 'eu-west-2' }, { modelId: 'global.anthropic.claude-haiku-5-5' }],
    [{ BEDROCK_PROMPT_CACHE: '1h' }, { promptCache: '1h' }],
    [{ BEDROCK_PROMPT_CACHE: 'none' }, { promptCache: 'none' }],
    [newModel, { promptCache: 'none' }],
    [{ BEDROCK_MODEL_ID: 'arn:aws:bedrock:eu-west-1:1:inference-profile/abc' }, { promptCache: 'none' }],
    [{ ...newModel, BEDROCK_PROMPT_CACHE: '5m' }, { promptCache: '5m' }],
    [{ BEDROCK_MODEL_ID: 'eu.anthropic.claude-3-haiku-20240307-v1:0' }, { promptCache: 'none' }],
    [
      { BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '{"thinking":{"type":"disabled"}}' },
      { additionalModelRequestFields: { thinking: { type: 'disabled' } } },
    ],
    [{ AWS_ENDPOINT_URL: 'http://all.example' }, { endpoint: 'http://all.example' }],
    [twoEndpoints, { endpoint: 'http://bedrock.example' }],
    [{ ...twoEndpoints, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, { endpoint: undefined }],
  ])('by the variables %o contains %o', (variables, expected) => {
    expect(readConfig({ ...keys, ...variables })).toMatchObject(expected)
  })

  it('reports all unusable values at once', () => {
    const faults = findFaults(() =>
      readConfig({
        ...keys,
        AWS_REGION: 'Frankfurt',
        BEDROCK_MAX_TOKENS: '0',
        BEDROCK_TEMPERATURE: 'warm',
        BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '[1]',
        BEDROCK_PROBE: 'sometimes',
        BEDROCK_PROMPT_CACHE: '2h',
      }),
    )
    expect(faults.map(fault => fault.split(' ', 1)[0])).toEqual([
      'BEDROCK_PROMPT_CACHE',
      'BEDROCK_MAX_TOKENS',
      'BEDROCK_TEMPERATURE',
      'BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS',
      'BEDROCK_PROBE',
      'AWS_REGION',
    ])
    expect(faults[0]).toContain('must be one of auto, none, 5m, 1h')
  })

  it.each<[Variables, string]>([
    [{ AWS_REGION: '' }, 'AWS_REGION is not set.'],
    [{ AWS_REGION: '', ...bearer }, 'AWS_REGION is not set.'],
    [{ AWS_ACCESS_KEY_ID: 'AKIA' }, 'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.'],
    [{ AWS_SECRET_ACCESS_KEY: 'x' }, 'AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not.'],
    [{ AWS_ROLE_ARN: 'arn:x' }, 'AWS_ROLE_ARN is set, but AWS_WEB_IDENTITY_TOKEN_FILE is not.'],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, 'AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not.'],
  ])('is missing, which is no fault, by the variables %o', (variables, missing) => {
    const all = { AWS_REGION: 'eu-central-1', ...variables }
    expect(readEnvironment(all, readBedrockConfig)).toMatchObject({ missing })
  })
})

describe('the credential tier', () => {
  const empty = {
    AWS_BEARER_TOKEN_BEDROCK: '',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_SESSION_TOKEN: '',
  }

  it.each<[string, string, Variables]>([
    ['api-key', 'an API key and all others', { ...bearer, ...keys, ...role, ...pod }],
    ['sts', 'keys and all that follow', { ...keys, ...role, ...pod }],
    ['federation', 'a role and pod identity', { ...role, ...pod }],
    ['federation', 'a role and, as templates leave them, empty variables', { ...empty, ...role }],
    ['pod-identity', 'pod identity', pod],
    ['default-chain', 'none', {}],
    ['default-chain', 'a profile', { AWS_PROFILE: 'work' }],
  ])('is %s if the variables set %s', (tier, _set, variables) => {
    expect(readConfig(variables).credential.tier).toBe(tier)
  })

  it('shows no secret, however the configuration is printed', () => {
    const printed = [bearer, { ...keys, AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEXAMPLE' }].flatMap(variables => {
      const config = readConfig(variables)
      return [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config)]
    })
    expect(printed.join()).not.toMatch(/ABSKQ|a-secret|FwoGZX/)
  })
})
