import type { EnvironmentReader } from '@entra-agents/service-kit'

/**
 * The endpoint that the SDK's variables set for an AWS service: the service's variable wins over AWS_ENDPOINT_URL.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function readEndpoint(env: EnvironmentReader, serviceVariable: string): string | undefined {
  if (env.optional('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.toLowerCase() === 'true') return undefined
  const name = [serviceVariable, 'AWS_ENDPOINT_URL'].find(candidate => env.optional(candidate) !== undefined)
  return name === undefined ? undefined : env.url(name)
}

/** The URL at which Bedrock is called. */
export function bedrockUrl(config: {
  readonly endpoint: string | undefined
  readonly region: string
}): string {
  return config.endpoint ?? `https://bedrock-runtime.${config.region}.amazonaws.com`
}
