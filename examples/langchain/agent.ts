import { createIdentityClient, sidecar } from '@entra-agents/identity' // +
import { actingAgent, agentIdentityMiddleware } from '@entra-agents/langchain' // +
import { createAgent, tool } from 'langchain'
import { z } from 'zod'
import { model, options } from './settings.ts'

const identity = createIdentityClient({ ...options, tokens: sidecar({ url: 'http://localhost:5000' }) }) // +

const listTasks = tool(
  async (_input, runtime) => {
    const { request } = actingAgent(runtime) // +
    return (await request('https://tasks.example/tasks')).text()
  },
  { name: 'list_tasks', description: 'The open tasks', schema: z.object({}) },
)
const agent = createAgent({ model, tools: [listTasks], middleware: [agentIdentityMiddleware()] }) // +

export async function answer(authorization: string | undefined, content: string) {
  const acting = identity.as('clerk', { user: await identity.user(authorization) }) // +
  const question = [{ role: 'user', content }]
  const { messages } = await agent.invoke({ messages: question }, { context: { agent: acting } }) // +
  return { text: messages.at(-1)?.text, trace: acting.trace.steps }
}
