import type { EnvironmentReader } from '@entra-bedrock-agent/service-kit'

/**
 * Another address of an AWS service than its own, by the SDK's variables: the service's variable wins over AWS_ENDPOINT_URL.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function readEndpoint(env: EnvironmentReader, serviceVariable: string): string | undefined {
  if (env.optional('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.toLowerCase() === 'true') return undefined
  const name = [serviceVariable, 'AWS_ENDPOINT_URL'].find(candidate => env.optional(candidate) !== undefined)
  return name === undefined ? undefined : env.url(name)
}

/** Where Bedrock is called. */
export function bedrockUrl(config: {
  readonly endpoint: string | undefined
  readonly region: string
}): string {
  return config.endpoint ?? `https://bedrock-runtime.${config.region}.amazonaws.com`
}
