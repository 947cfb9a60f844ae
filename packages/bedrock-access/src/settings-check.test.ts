import { describe, expect, it } from 'vitest'
import { claudeModels } from './models.ts'
import { checkSettings } from './settings-check.ts'
import { readConfig } from './testing/read-config.ts'

/** What is wrong with a model in a region, in words; nothing if the settings may work. */
function check(region: string, modelId: string, more: Readonly<Record<string, string>> = {}): string {
  const config = readConfig({ AWS_REGION: region, BEDROCK_MODEL_ID: modelId, ...more })
  const found = checkSettings(config)
  return found ? `${found.code}: ${found.message} ${found.options.hint}` : 'may work'
}
const arn = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc'

describe('the check of settings', () => {
  it('reports, before any call, what is known to fail, and nothing else', async () => {
    const warm = { BEDROCK_TEMPERATURE: '0.5' }
    const cached = { BEDROCK_PROMPT_CACHE: '5m' }
    const settings: readonly Parameters<typeof check>[] = [
      ['eu-central-1', 'us.anthropic.claude-haiku-5-5'],
      ['us-east-1', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0'],
      ['eu-west-1', 'jp.anthropic.claude-haiku-5-5'],
      ['us-east-1', 'us-gov.anthropic.claude-3-haiku-20240307-v1:0'],
      ['us-gov-west-1', 'us-gov.anthropic.claude-3-haiku-20240307-v1:0'],
      ['us-gov-west-1', 'us.anthropic.claude-haiku-5-5'],
      ['us-gov-west-1', 'global.anthropic.claude-haiku-5-5'],
      ['eu-central-1', 'us.some-model-nobody-knows'],
      ['eu-central-1', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
      ['us-west-2', 'us.anthropic.claude-3-5-haiku-20241022-v1:0'],
      ['eu-west-1', 'eu.anthropic.claude-haiku-5-5', warm],
      ['eu-west-1', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', warm],
      ['eu-west-1', 'eu.anthropic.claude-3-haiku-20240307-v1:0', cached],
      ['eu-west-1', 'eu.anthropic.claude-haiku-5-5', cached],
      ['eu-west-1', arn],
      ['us-east-1', arn],
      ['ap-south-1', 'global.anthropic.claude-haiku-5-5'],
      ['ca-central-1', 'us.anthropic.claude-haiku-5-5'],
      ['eu-central-1', 'eu.amazon.nova-lite-v1:0'],
      ['us-east-1', 'amazon.nova-lite-v1:0'],
      ['us-east-1', 'us.anthropic.claude-of-the-future'],
    ]
    const rows = settings.map(([region, modelId, more = {}]) => {
      const title = [region, modelId, ...Object.entries(more).map(pair => pair.join('='))].join(', ')
      return `${title}\n  ${check(region, modelId, more)}\n`
    })
    await expect(rows.join('\n')).toMatchFileSnapshot('settings-check.txt')
  })

  it('knows in which geographies each model has a profile', async () => {
    // biome-ignore format: table
    const regions = {
      us: 'us-west-2', eu: 'eu-west-1', jp: 'ap-northeast-1', au: 'ap-southeast-2', apac: 'ap-south-1',
      'us-gov': 'us-gov-west-1', global: 'sa-east-1',
    }
    const rows = claudeModels.flatMap(({ id, name }) =>
      Object.entries(regions).map(([prefix, region]) => {
        const found = check(region, `${prefix}.${id}`).replace(/:.*/, '')
        return `${name}, ${prefix} in ${region}: ${found}\n`
      }),
    )
    await expect(rows.join('')).toMatchFileSnapshot('profiles.txt')
  })
})
