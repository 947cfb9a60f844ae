/**
 * What a Bedrock turn is compared with: LangChain's `createAgent`, with the same chat model and a tool that calls the weather API
 * with a static key, behind a Fastify server that sends the model's text as server-sent events. It has no identity of its own, no
 * trace and no limits, and every failure is an exception.
 */
import { ChatBedrockConverse } from '@langchain/aws'
import { AIMessageChunk } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import Fastify from 'fastify'
import { createAgent } from 'langchain'
import { createBareClient } from './bare-sdk.ts'
import { getWeather as askWeather, questionSchema } from './lean-calls.ts'

const city = { type: 'string', description: 'City, such as "Oslo" or "Dallas, Texas".' }
const getWeather = tool(async input => JSON.stringify(await askWeather((input as { city: string }).city)), {
  name: 'get_weather',
  description: 'Current weather of one city.',
  schema: { type: 'object', required: ['city'], properties: { city } },
})
const agent = createAgent({
  model: new ChatBedrockConverse({
    client: createBareClient(process.env['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'] ?? ''),
    region: 'eu-central-1',
    model: 'eu.anthropic.claude-haiku-5-5',
    maxTokens: 4_096,
    streaming: true,
  }),
  tools: [getWeather],
  systemPrompt: 'Take every statement about weather from get_weather.',
})

const app = Fastify({ logger: { level: 'warn' } })
app.get('/livez', () => ({ status: 'ok' }))
app.post<{ Body: { message: string } }>(
  '/',
  { schema: { body: questionSchema('bedrock') } },
  async (incoming, reply) => {
    const response = reply.hijack().raw
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const messages = [{ role: 'user', content: incoming.body.message }]
    for await (const [said] of await agent.stream({ messages }, { streamMode: 'messages' })) {
      if (!(said instanceof AIMessageChunk) || said.text === '') continue
      response.write(`event: delta\ndata: ${JSON.stringify({ text: said.text })}\n\n`)
    }
    response.end('event: result\ndata: {}\n\n')
  },
)
await app.listen({ port: Number(process.env['PORT']), host: 'localhost' })
