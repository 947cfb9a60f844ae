import { inspect } from 'node:util'
import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { describe, expect, it } from 'vitest'
import { type BedrockConfig, readBedrockConfig } from './config.ts'

const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret-of-40-characters' }

function readConfig(variables: Record<string, string>): BedrockConfig {
  const config = readEnvironment(variables, readBedrockConfig)
  if ('missing' in config) throw new Error(config.missing)
  return config
}

function missingSetting(variables: Record<string, string>): string {
  const config = readEnvironment(variables, readBedrockConfig)
  return 'missing' in config ? config.missing : ''
}

const faults = (variables: Record<string, string>) => findFaults(() => readConfig(variables))

describe('the Bedrock configuration', () => {
  it('is missing, which is no fault, if no variable of AWS is set', () => {
    expect(missingSetting({})).toBe('AWS_REGION is not set.')
    expect(missingSetting({ AWS_REGION: '', AWS_BEARER_TOKEN_BEDROCK: '' })).toBe('AWS_REGION is not set.')
  })

  it.each([
    ['us-east-1', 'us.anthropic.claude-haiku-5-5'],
    ['us-west-2', 'us.anthropic.claude-haiku-5-5'],
    ['eu-central-1', 'eu.anthropic.claude-haiku-5-5'],
    ['ap-northeast-1', 'jp.anthropic.claude-haiku-5-5'],
    ['ap-southeast-2', 'au.anthropic.claude-haiku-5-5'],
    ['eu-west-2', 'global.anthropic.claude-haiku-5-5'],
    ['ap-south-1', 'global.anthropic.claude-haiku-5-5'],
    ['sa-east-1', 'global.anthropic.claude-haiku-5-5'],
  ])('defaults in the region %s to the inference profile %s', (AWS_REGION, modelId) => {
    expect(readConfig({ AWS_REGION, ...keys }).modelId).toBe(modelId)
  })

  it('takes AWS_DEFAULT_REGION where AWS_REGION is unset or empty', () => {
    expect(readConfig({ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1', ...keys }).region).toBe('eu-west-1')
  })

  it('always has a token limit and sends sampling parameters only if they are configured', () => {
    const config = readConfig({ AWS_REGION: 'eu-west-1', BEDROCK_TEMPERATURE: '', ...keys })
    expect(config).toMatchObject({ maxTokens: 4096, temperature: undefined, probe: true })
    expect(readConfig({ AWS_REGION: 'eu-west-1', BEDROCK_TEMPERATURE: '0', ...keys }).temperature).toBe(0)
  })

  it.each([
    [{}, '5m'],
    [{ BEDROCK_PROMPT_CACHE: '1h' }, '1h'],
    [{ BEDROCK_PROMPT_CACHE: 'none' }, 'none'],
    [{ BEDROCK_MODEL_ID: 'eu.anthropic.claude-new' }, 'none'],
    [{ BEDROCK_MODEL_ID: 'eu.anthropic.claude-new', BEDROCK_PROMPT_CACHE: '5m' }, '5m'],
    [{ BEDROCK_MODEL_ID: 'eu.anthropic.claude-3-haiku-20240307-v1:0' }, 'none'],
  ])('uses the prompt cache as configured; the default depends on the model: %o', (more, promptCache) => {
    expect(readConfig({ AWS_REGION: 'eu-west-1', ...more, ...keys }).promptCache).toBe(promptCache)
  })

  it('takes further request fields as JSON', () => {
    const config = readConfig({
      AWS_REGION: 'eu-west-1',
      BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '{"thinking":{"type":"disabled"}}',
      ...keys,
    })
    expect(config.additionalModelRequestFields).toEqual({ thinking: { type: 'disabled' } })
  })

  it('takes the endpoint from the SDK’s variables, and prefers the more specific variable', () => {
    const variables = { AWS_REGION: 'eu-west-1', ...keys, AWS_ENDPOINT_URL: 'http://all.example' }
    const own = { ...variables, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://bedrock.example/' }
    expect(readConfig(variables).endpoint).toBe('http://all.example')
    expect(readConfig(own).endpoint).toBe('http://bedrock.example')
    expect(readConfig({ ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }).endpoint).toBeUndefined()
  })

  it('reports all unusable values at once', () => {
    expect(
      faults({
        AWS_REGION: 'Frankfurt',
        BEDROCK_MAX_TOKENS: '0',
        BEDROCK_TEMPERATURE: 'warm',
        BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '[1]',
        BEDROCK_PROBE: 'sometimes',
        BEDROCK_PROMPT_CACHE: '2h',
        ...keys,
      }),
    ).toEqual([
      expect.stringContaining('BEDROCK_PROMPT_CACHE must be one of auto, none, 5m, 1h'),
      expect.stringContaining('BEDROCK_MAX_TOKENS'),
      expect.stringContaining('BEDROCK_TEMPERATURE'),
      expect.stringContaining('BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS'),
      expect.stringContaining('BEDROCK_PROBE'),
      expect.stringContaining('AWS_REGION'),
    ])
  })
})

describe('the credential tier', () => {
  const bearer = { AWS_BEARER_TOKEN_BEDROCK: 'ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl' }
  const role = {
    AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
  }
  const pod = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/pod-token',
  }
  const tier = (variables: Record<string, string>) =>
    readConfig({ AWS_REGION: 'eu-central-1', ...variables }).credential.tier

  it('is the first complete one: API key, keys, web identity, pod identity, then whatever the SDK finds', () => {
    expect(tier({ ...bearer, ...keys, ...role, ...pod })).toBe('api-key')
    expect(tier({ ...keys, ...role, ...pod })).toBe('sts')
    expect(tier({ ...role, ...pod })).toBe('federation')
    expect(tier(pod)).toBe('pod-identity')
    expect(tier({})).toBe('default-chain')
    expect(tier({ AWS_PROFILE: 'work' })).toBe('default-chain')
  })

  it('treats empty variables as unset, since rendered templates leave some variables empty', () => {
    const empty = {
      AWS_BEARER_TOKEN_BEDROCK: '',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
    }
    expect(tier({ ...empty, ...role })).toBe('federation')
  })

  it.each([
    [
      { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
      'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not.',
    ],
    [{ AWS_SECRET_ACCESS_KEY: 'x' }, 'AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not.'],
    [{ AWS_ROLE_ARN: 'arn:x' }, 'AWS_ROLE_ARN is set, but AWS_WEB_IDENTITY_TOKEN_FILE is not.'],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, 'AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not.'],
  ])('with only one of its two variables set leaves Bedrock unconfigured: %o', (variables, sentence) => {
    expect(missingSetting({ AWS_REGION: 'eu-central-1', ...variables })).toBe(sentence)
  })

  it('shows no secret, however the configuration is printed', () => {
    const printed = [bearer, { ...keys, AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEXAMPLE' }].flatMap(variables => {
      const config = readConfig({ AWS_REGION: 'eu-central-1', ...variables })
      return [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config)]
    })
    expect(printed.join()).not.toMatch(/ABSKQ|a-secret|FwoGZX/)
  })
})
