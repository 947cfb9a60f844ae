import { type ActingAgent, createIdentityClient, sidecar } from '@entra-agents/identity' // +
import { actingAgent } from '@entra-agents/langchain/acting-agent' // +
import { tool } from '@langchain/core/tools'
import { Annotation, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt'
import { z } from 'zod'
import { model, options } from './settings.ts'

const identity = createIdentityClient({ ...options, tokens: sidecar({ url: 'http://localhost:5000' }) }) // +

const listTasks = tool(
  async (_input, config) => {
    const { request } = actingAgent(config) // +
    return (await request('https://tasks.example/tasks')).text()
  },
  { name: 'list_tasks', description: 'The open tasks', schema: z.object({}) },
)
const withTools = model.bindTools([listTasks])
const context = Annotation.Root({ agent: Annotation<ActingAgent>() }) // +
const graph = new StateGraph(MessagesAnnotation, context)
  .addNode('model', async ({ messages }) => ({ messages: [await withTools.invoke(messages)] }))
  .addNode('tools', new ToolNode([listTasks]))
  .addEdge(START, 'model')
  .addConditionalEdges('model', toolsCondition)
  .addEdge('tools', 'model')
  .compile()

export async function answer(authorization: string | undefined, content: string) {
  const acting = identity.as('clerk', { user: await identity.user(authorization) }) // +
  const question = [{ role: 'user', content }]
  const { messages } = await graph.invoke({ messages: question }, { context: { agent: acting } }) // +
  return { text: messages.at(-1)?.text, trace: acting.trace.steps }
}
