import { readEnvironment } from '@entra-agents/service-kit'
import { describe, expect, it } from 'vitest'
import { type BedrockConfig, readBedrockConfig } from './config.ts'
import { claudeModels, defaultModelId, prefixFitsRegion, readModelId } from './models.ts'
import { checkSettings } from './settings-check.ts'

function configOf(region: string, modelId: string, more: Record<string, string> = {}): BedrockConfig {
  const config = readEnvironment(
    { AWS_REGION: region, BEDROCK_MODEL_ID: modelId, ...more },
    readBedrockConfig,
  )
  if ('missing' in config) throw new Error(config.missing)
  return config
}

describe('settings that cannot work', () => {
  it.each(
    // biome-ignore format: table
    [
      ['eu-central-1', 'us.anthropic.claude-haiku-5-5', 'A “us.” profile cannot be called from eu-central-1.'],
      ['us-east-1', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', 'A “eu.” profile cannot be called from us-east-1.'],
      ['eu-west-1', 'jp.anthropic.claude-haiku-5-5', 'A “jp.” profile cannot be called from eu-west-1.'],
      ['us-east-1', 'us-gov.anthropic.claude-3-haiku-20240307-v1:0', 'A “us-gov.” profile cannot be called from us-east-1.'],
      ['eu-central-1', 'us.some-model-nobody-knows', 'A “us.” profile cannot be called from eu-central-1.'],
    ],
  )('are reported before the call: the region %s with the model %s', (region, modelId, detail) => {
    const found = checkSettings(configOf(region, modelId))
    expect(found).toMatchObject({ code: 'BEDROCK_MODEL_INVALID', message: detail })
    expect(found?.options.hint).toContain(defaultModelId(region))
  })

  it('are reported for a bare id that can only be called through a profile', () => {
    const found = checkSettings(configOf('eu-central-1', 'anthropic.claude-haiku-4-5-20251001-v1:0'))
    expect(found).toMatchObject({ code: 'BEDROCK_MODEL_INVALID' })
    expect(found?.options.hint).toContain('eu.anthropic.claude-haiku-4-5-20251001-v1:0')
  })

  it('are reported for retired models, with a current model in the hint', () => {
    const found = checkSettings(configOf('us-west-2', 'us.anthropic.claude-3-5-haiku-20241022-v1:0'))
    expect(found).toMatchObject({ code: 'BEDROCK_MODEL_RETIRED' })
    expect(found?.message).toContain('2026-06-19')
    expect(found?.options.hint).toContain('us.anthropic.claude-haiku-5-5')
  })

  it('are reported for a temperature that the model refuses', () => {
    const temperature = { BEDROCK_TEMPERATURE: '0.5' }
    expect(checkSettings(configOf('eu-west-1', 'eu.anthropic.claude-haiku-5-5', temperature))).toMatchObject({
      code: 'BEDROCK_REQUEST_INVALID',
    })
    const older = configOf('eu-west-1', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', temperature)
    expect(checkSettings(older)).toBeUndefined()
  })

  it('are reported for a prompt cache that the model does not have', () => {
    const cache = { BEDROCK_PROMPT_CACHE: '5m' }
    const older = configOf('eu-west-1', 'eu.anthropic.claude-3-haiku-20240307-v1:0', cache)
    expect(checkSettings(older)).toMatchObject({
      code: 'BEDROCK_REQUEST_INVALID',
      options: { hint: 'Unset BEDROCK_PROMPT_CACHE.' },
    })
    expect(checkSettings(configOf('eu-west-1', 'eu.anthropic.claude-haiku-5-5', cache))).toBeUndefined()
  })

  it('are reported for an ARN of another region', () => {
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc'
    expect(checkSettings(configOf('eu-west-1', arn))).toMatchObject({ code: 'BEDROCK_MODEL_INVALID' })
    expect(checkSettings(configOf('us-east-1', arn))).toBeUndefined()
  })

  it.each([
    ['ap-south-1', 'global.anthropic.claude-haiku-5-5'],
    ['ca-central-1', 'us.anthropic.claude-haiku-5-5'],
    ['eu-central-1', 'eu.amazon.nova-lite-v1:0'],
    ['us-east-1', 'amazon.nova-lite-v1:0'],
    ['us-east-1', 'us.anthropic.claude-of-the-future'],
  ])('are reported only if known to fail, so not for the region %s with the model %s', (region, modelId) => {
    expect(checkSettings(configOf(region, modelId))).toBeUndefined()
  })
})

describe('the table of models', () => {
  const regions = [
    'us-east-1',
    'us-east-2',
    'us-west-2',
    'eu-central-1',
    'eu-west-1',
    'eu-north-1',
    'ap-northeast-1',
    'ap-southeast-2',
    'ap-south-1',
    'sa-east-1',
    'ca-central-1',
  ]

  it.each(regions)('has a default model for the region %s that passes the check of settings', region => {
    expect(checkSettings(configOf(region, defaultModelId(region)))).toBeUndefined()
  })

  it('separates prefix and model id', () => {
    expect(readModelId('us-gov.anthropic.claude-3-haiku-20240307-v1:0').prefix).toBe('us-gov')
    expect(readModelId('anthropic.claude-haiku-5-5')).toMatchObject({
      prefix: undefined,
      known: { name: 'Claude Haiku 5.5' },
    })
  })

  it('has every id once, with its end-of-life date', () => {
    expect(new Set(claudeModels.map(({ id }) => id)).size).toBe(claudeModels.length)
    for (const { endOfLife } of claudeModels) expect(Number.isNaN(Date.parse(endOfLife))).toBe(false)
  })

  it('keeps commercial and government regions apart', () => {
    expect(prefixFitsRegion('us', 'us-gov-west-1')).toBe(false)
    expect(prefixFitsRegion('global', 'us-gov-west-1')).toBe(false)
    expect(prefixFitsRegion('us-gov', 'us-gov-west-1')).toBe(true)
  })
})
