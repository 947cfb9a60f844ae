import { type BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { ChatBedrockConverse } from '@langchain/aws'
import { problem } from '../problems.ts'
import { BedrockAvailability } from './availability.ts'
import type { BedrockConfig, NoBedrock } from './config.ts'
import type { CredentialTier } from './credentials.ts'
import { explainFailure } from './failures.ts'
import { switchOffTracing } from './langchain-tracing.ts'
import { createChatModel, createClient } from './model.ts'
import { checkSettings } from './settings-check.ts'

/** Claude behind Bedrock, ready to be called. */
export interface ConnectedBedrock {
  readonly config: BedrockConfig
  readonly chatModel: ChatBedrockConverse
  /** Where the calls go, for the trace. */
  readonly url: string
}

/** The agent's one Bedrock: connection, what was seen of it, and what is wrong with it. */
export interface Bedrock {
  readonly modelId: string | null
  readonly region: string | null
  readonly credential: CredentialTier
  readonly availability: BedrockAvailability
  /** The connection; throws the ProblemError that is known before any call. */
  connected(): ConnectedBedrock
  /** Lets go of sockets and timers. */
  close(): void
}

/** Connects to Bedrock as configured; nothing is sent before `availability.start()` or the first turn. */
export function connectBedrock(config: BedrockConfig | NoBedrock): Bedrock {
  if ('missing' in config) return withoutBedrock(config)
  switchOffTracing(process.env)
  const known = checkSettings(config)
  const client = createClient(config)
  const connection: ConnectedBedrock = {
    config,
    chatModel: createChatModel(config, client),
    url: callUrl(config),
  }
  const availability = new BedrockAvailability({
    known,
    probe: config.probe ? signal => probe(client, config, signal) : undefined,
  })
  return {
    modelId: config.modelId,
    region: config.region,
    credential: config.credential.tier,
    availability,
    connected: () => orThrow(connection, known),
    close: () => {
      availability.stop()
      client.destroy()
    },
  }
}

function withoutBedrock({ missing, region }: NoBedrock): Bedrock {
  const known = problem('BEDROCK_NOT_CONFIGURED', missing)
  const availability = new BedrockAvailability({ known, probe: undefined })
  return {
    modelId: null,
    region: region ?? null,
    credential: 'none',
    availability,
    connected: () => {
      throw known
    },
    close: () => availability.stop(),
  }
}

function orThrow(connection: ConnectedBedrock, known: ProblemError | undefined): ConnectedBedrock {
  if (known !== undefined) throw known
  return connection
}

function callUrl({ endpoint, region, modelId }: BedrockConfig): string {
  const base = endpoint ?? `https://bedrock-runtime.${region}.amazonaws.com`
  return `${base}/model/${encodeURIComponent(modelId)}/converse-stream`
}

/** The smallest call that proves all of it: credential, rights, model and stream. Costs about ten tokens. */
async function probe(
  client: BedrockRuntimeClient,
  config: BedrockConfig,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { stream } = await client.send(
      new ConverseStreamCommand({
        modelId: config.modelId,
        messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
        inferenceConfig: { maxTokens: 1 },
      }),
      { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) },
    )
    for await (const _event of stream ?? []) {
      // Read to its end, so that the socket can be used again.
    }
  } catch (error) {
    throw explainFailure(error, config, 'request')
  }
}
