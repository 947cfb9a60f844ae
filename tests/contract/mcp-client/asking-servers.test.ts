import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { McpStack } from './mcp-stack.ts'
import { type Message, type Script, ScriptedMcpServers, textResult, tool } from './scripted-server.ts'

const sseMessage = (message: object) =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`

/** Asks the client something in the middle of a call. The call's result contains what the client answered. */
function askingScript(method: string, params: object = {}): Script {
  let call: { id: number | undefined; response: ServerResponse } | undefined
  return {
    tools: [tool(`ask_${method.replace('/', '_')}`)],
    answer: ({ message }, response) => {
      if (message?.method === 'tools/call') {
        call = { id: message.id, response }
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(sseMessage({ id: 'question-1', method, params }))
      }
      if (isAnswer(message)) {
        response.writeHead(202).end()
        const { jsonrpc: _, ...answer } = { jsonrpc: '2.0', ...message }
        call?.response.end(sseMessage({ id: call.id, result: textResult(JSON.stringify(answer)) }))
      }
      return undefined
    },
  }
}

const isAnswer = (message: Message | undefined) =>
  message !== undefined && String(message.id) === 'question-1' && message.method === undefined

const elicitation = { message: 'Your name?', requestedSchema: { type: 'object', properties: {} } }
const scripts: Record<string, Script> = {
  ping: askingScript('ping'),
  roots: askingScript('roots/list'),
  elicitation: askingScript('elicitation/create', elicitation),
  sampling: askingScript('sampling/createMessage', { messages: [], maxTokens: 10 }),
}
const servers = await forFile(new ScriptedMcpServers().start())
Object.assign(servers.scripts, scripts)
const mcp = await forFile(McpStack.start())
await mcp.configure(
  Object.fromEntries(
    Object.entries(scripts).map(([name, { tools = [] }]) => [
      name,
      {
        url: `${servers.url}/${name}`,
        allowedTools: tools.map(one => Reflect.get(one, 'name')),
        protocol: '2025-11-25',
        timeoutMs: 5_000,
      },
    ]),
  ),
)

describe('A request that a server sends to the agent during a call', () => {
  it.each([
    ['a sign of life (ping) is given', 'ping', 'ask_ping', '"result":{}'],
    ['the agent’s folders (roots) are refused', 'roots', 'ask_roots_list', '"code":-32601'],
    ['user input (elicitation) is refused', 'elicitation', 'ask_elicitation_create', '"code":-32601'],
    ['model output (sampling) is refused', 'sampling', 'ask_sampling_createMessage', '"code":-32601'],
  ])(
    'is answered at once, under the token of the call, and the call goes on: %s',
    async (_what, name, toolName, answer) => {
      const reply = await mcp.answerTo(`Use ${toolName}`)
      expect(reply.tools).toMatchObject([{ name: `${name}__${toolName}`, status: 'ok' }])
      const call = reply.trace.find(({ kind }) => kind === 'api-call')
      expect(JSON.stringify(call?.response?.body).replaceAll('\\', '')).toContain(answer)
      const [asked] = servers.callsOf(name)
      const answers = servers.received.filter(({ path, message }) => path === name && isAnswer(message))
      expect(answers).toHaveLength(1)
      expect(answers[0]?.headers.authorization).toBe(asked?.headers.authorization)
      expect(answers[0]?.headers['mcp-protocol-version']).toBe('2025-11-25')
    },
  )
})
