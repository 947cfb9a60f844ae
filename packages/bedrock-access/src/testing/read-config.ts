import { readEnvironment } from '@entra-agents/service-kit'
import { type BedrockConfig, readBedrockConfig } from '../config.ts'

/** The configuration of a Bedrock that can be called, by these variables. */
export function readConfig(variables: Readonly<Record<string, string>>): BedrockConfig {
  const config = readEnvironment({ AWS_REGION: 'eu-central-1', ...variables }, readBedrockConfig)
  if ('missing' in config) throw new Error(config.missing)
  return config
}
