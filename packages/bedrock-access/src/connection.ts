import { AsyncLocalStorage } from 'node:async_hooks'
import { type BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { LinkedAbort } from '@entra-agents/service-kit'
import type { BedrockConfig } from './config.ts'
import { bedrockUrl } from './endpoints.ts'
import type { CallPhase } from './failure-signs.ts'
import { explainFailure } from './failures.ts'
import { createChatModel, createClient } from './model.ts'

export { createClient }

/**
 * LangChain's own tracing, which sends prompts and answers to LangSmith or prints them. It reads these variables before every call
 * and has no option to ignore them; conversations must leave the process for Bedrock only.
 */
const tracingSwitches = [
  ...['LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2', 'LANGSMITH_TRACING', 'LANGCHAIN_TRACING'],
  'LANGCHAIN_VERBOSE',
]

export type ConnectedBedrock = ReturnType<typeof connect>

/** Connects to Claude on Bedrock. Nothing is sent before the first call. */
export function connect(config: BedrockConfig) {
  for (const name of tracingSwitches) delete process.env[name]
  const client = createClient(config)
  return {
    config,
    chatModel: createChatModel(config, client),
    /** Where the calls go, for the trace. */
    url: `${bedrockUrl(config)}/model/${encodeURIComponent(config.modelId)}/converse-stream`,
    noteRequestId: watchRequestIds(client),
    probe: (signal: AbortSignal) => probe(client, config, signal),
    /** Releases the sockets. */
    close: () => client.destroy(),
  }
}

/** The smallest call that proves credential, rights, model and stream. Costs about ten tokens. Throws a ProblemError. */
async function probe(
  client: BedrockRuntimeClient,
  config: BedrockConfig,
  signal: AbortSignal,
): Promise<void> {
  using limit = new LinkedAbort(signal)
  limit.after(20_000, () => limit.abort(new DOMException('No answer in time.', 'TimeoutError')))
  let phase: CallPhase = 'request'
  try {
    const { stream } = await client.send(
      new ConverseStreamCommand({
        modelId: config.modelId,
        messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
        inferenceConfig: { maxTokens: 1 },
      }),
      { abortSignal: limit.signal },
    )
    phase = 'stream'
    for await (const _event of stream ?? []) {
      // The stream is read to its end, so that the socket can be used again.
    }
  } catch (error) {
    throw explainFailure(error, config, phase)
  }
}

/**
 * Returns a function that runs a call and, when the response begins, reports AWS's id of the request, which CloudTrail has,
 * too. Both moment and id come from the AWS SDK, since LangChain passes on neither for a stream.
 */
function watchRequestIds(client: BedrockRuntimeClient) {
  const notes = new AsyncLocalStorage<(id: string | undefined) => void>()
  client.middlewareStack.add(
    next => async sent => {
      const result = await next(sent)
      notes.getStore()?.(result.output.$metadata.requestId)
      return result
    },
    { step: 'initialize', name: 'noteRequestId' },
  )
  return <Result>(note: (id: string | undefined) => void, call: () => Result) => notes.run(note, call)
}
