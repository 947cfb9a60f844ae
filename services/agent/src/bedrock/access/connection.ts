import { type BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import type { BedrockConfig } from './config.ts'
import { explainFailure } from './failures.ts'
import { createChatModel, createClient } from './model.ts'
import { watchRequestIds } from './request-ids.ts'

/**
 * LangChain's own tracing, which sends prompts and answers to LangSmith or prints them. It reads these variables before every call
 * and has no option against them; conversations must not leave the process but to Bedrock.
 */
const tracingSwitches = [
  ...['LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2', 'LANGSMITH_TRACING', 'LANGCHAIN_TRACING'],
  'LANGCHAIN_VERBOSE',
]

export type ConnectedBedrock = ReturnType<typeof connect>

/** Claude behind Bedrock, ready to be called: nothing is sent before that. */
export function connect(config: BedrockConfig) {
  for (const name of tracingSwitches) delete process.env[name]
  const client = createClient(config)
  return {
    config,
    chatModel: createChatModel(config, client),
    /** Where the calls go, for the trace. */
    url: callUrl(config),
    noteRequestId: watchRequestIds(client),
    probe: (signal: AbortSignal) => probe(client, config, signal),
    /** Lets go of the sockets. */
    close: () => client.destroy(),
  }
}

function callUrl({ endpoint, region, modelId }: BedrockConfig): string {
  const base = endpoint ?? `https://bedrock-runtime.${region}.amazonaws.com`
  return `${base}/model/${encodeURIComponent(modelId)}/converse-stream`
}

/** The smallest call that proves all of it: credential, rights, model and stream. Costs about ten tokens. Throws a ProblemError. */
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
