import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'

const connections = { keepAlive: true, maxSockets: 2_000 }

/** The SDK's client with the agent's transport. */
export function createBareClient(endpoint: string): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' },
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(connections),
      httpsAgent: new HttpsAgent(connections),
    }),
  })
}

/** The text of one answer, piece by piece. */
export async function* streamText(client: BedrockRuntimeClient, message: string): AsyncGenerator<string> {
  const { stream } = await client.send(
    new ConverseStreamCommand({
      modelId: 'eu.anthropic.claude-haiku-5-5',
      messages: [{ role: 'user', content: [{ text: message }] }],
      inferenceConfig: { maxTokens: 4_096 },
    }),
  )
  for await (const event of stream ?? []) {
    const text = event.contentBlockDelta?.delta?.text
    if (text !== undefined) yield text
  }
}
