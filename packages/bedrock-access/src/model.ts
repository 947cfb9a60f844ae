import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { proxyAgentOptions } from '@entra-agents/service-kit'
import { ChatBedrockConverse } from '@langchain/aws'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { BedrockConfig } from './config.ts'

const clientLimits = {
  connectionTimeoutMs: 3_000,
  /** How long Bedrock may send nothing, before the first byte of an answer or within it. */
  silenceMs: 45_000,
  /** How long the socket may be silent: longer than `silenceMs`, so that the stream's error, which says more, comes first. */
  socketTimeoutMs: 60_000,
  /** One socket for each open stream; further turns wait for a free one. */
  sockets: 2_000,
  /** Attempts of the SDK, with back-off; only before the first event, and never past the turn's deadline. */
  attempts: 3,
} as const

/**
 * The connection to Bedrock, made once per process: it holds the sockets and the credential cache.
 * HTTP/1.1 with keep-alive, because on HTTP/2 the SDK opens a connection per call and a cut stream ends without an error.
 */
export function createClient(config: BedrockConfig): BedrockRuntimeClient {
  const agent = {
    keepAlive: true,
    maxSockets: clientLimits.sockets,
    ...proxyAgentOptions(),
  }
  return new BedrockRuntimeClient({
    region: config.region,
    maxAttempts: clientLimits.attempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: clientLimits.connectionTimeoutMs,
      socketTimeout: clientLimits.socketTimeoutMs,
      requestTimeout: clientLimits.silenceMs,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    }),
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...authentication(config),
  })
}

/** Sets the scheme explicitly, so that the SDK does not read AWS_BEARER_TOKEN_BEDROCK, not even an empty one. */
function authentication({ credential }: BedrockConfig) {
  return credential.tier === 'api-key'
    ? { authSchemePreference: ['httpBearerAuth'], token: credential.token }
    : { authSchemePreference: ['sigv4'], credentials: credential.keys }
}

/** LangChain's model for Claude. Region, model and token limit are always sent; sampling parameters only if configured. */
export function createChatModel(config: BedrockConfig, client: BedrockRuntimeClient): ChatBedrockConverse {
  const { region, modelId, maxTokens, temperature, additionalModelRequestFields } = config
  return new ChatBedrockConverse({
    client,
    region,
    model: modelId,
    maxTokens,
    streaming: true,
    streamIdleTimeout: clientLimits.silenceMs,
    ...(temperature === undefined ? {} : { temperature }),
    ...(additionalModelRequestFields === undefined ? {} : { additionalModelRequestFields }),
  })
}
