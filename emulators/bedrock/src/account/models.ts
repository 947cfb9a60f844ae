import type { Geography, SeededModel } from './seed.ts'

/** Claude on Bedrock as of November 2026, in what shows on the wire. */
export const seededModels: readonly SeededModel[] = [
  current('anthropic.claude-haiku-5-5', 'optional'),
  current('anthropic.claude-sonnet-5-5', 'always'),
  current('anthropic.claude-opus-5-5', 'always'),
  earlier('anthropic.claude-sonnet-5', 'ACTIVE', ['us', 'eu', 'jp', 'au', 'global']),
  earlier('anthropic.claude-sonnet-4-6', 'ACTIVE', ['us', 'eu', 'jp', 'au', 'global']),
  earlier('anthropic.claude-haiku-4-5-20251001-v1:0', 'ACTIVE', ['us', 'eu', 'jp', 'au', 'global']),
  earlier('anthropic.claude-3-haiku-20240307-v1:0', 'LEGACY', ['us', 'eu', 'apac']),
  earlier('anthropic.claude-sonnet-4-20250514-v1:0', 'EOL', ['us', 'eu', 'apac', 'global']),
  earlier('anthropic.claude-3-7-sonnet-20250219-v1:0', 'EOL', ['us', 'eu', 'apac']),
  earlier('anthropic.claude-3-5-haiku-20241022-v1:0', 'EOL', ['us']),
]

function current(id: string, thinking: SeededModel['thinking']): SeededModel {
  return {
    id,
    lifecycle: 'ACTIVE',
    access: 'granted',
    profiles: ['us', 'eu', 'jp', 'au', 'global'],
    maxOutputTokens: 128_000,
    takesSampling: false,
    takesPrefill: false,
    thinking,
  }
}

function earlier(
  id: string,
  lifecycle: SeededModel['lifecycle'],
  profiles: readonly Geography[],
): SeededModel {
  return {
    id,
    lifecycle,
    access: 'granted',
    profiles,
    maxOutputTokens: 64_000,
    takesSampling: true,
    takesPrefill: true,
    thinking: 'optional',
  }
}
