import { ScriptedMcpServers, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../bedrock/scripted-bedrock.ts'
import { McpStack } from './mcp-stack.ts'

/** One pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const text = (words: string) => ({ type: 'text', text: words })
const image = (data = png, mimeType = 'image/png') => ({ type: 'image', data, mimeType })
const imageForModel = (bytes: string, format: string) => ({ image: { format, source: { bytes } } })

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
const bedrock = await forFile(new ScriptedBedrock().start())
servers.scripts['tray'] = { tools: [tool('get_it')] }
await configure()

function configure(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  return mcp.configure(
    { tray: { url: `${servers.url}/tray`, allowedTools: ['get_it'], protocol: '2025-11-25' } },
    { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url, BEDROCK_PROBE: 'off', ...environment },
  )
}

/** Lets the model call the tool as often at once, and returns what the model gets of the results, and the turn's reply. */
async function resultFor(result: object, calls = 1) {
  servers.scripts['tray'] = { tools: [tool('get_it')], onCall: () => result }
  bedrock.requests.splice(0)
  const toolCalls = Array.from({ length: calls }, (_, index) =>
    toolBlock(index + 1, `tooluse_${index}`, 'tray__get_it'),
  )
  bedrock.play(
    [...textBlock('Let me look.'), ...toolCalls.flat(), ...stopEvents('tool_use')],
    [...textBlock('Done.'), ...stopEvents('end_turn')],
  )
  const reply = await mcp.answerTo('Get it.')
  const blocks = bedrock.requests.at(-1)?.body.messages.at(-1)?.content ?? []
  const content = blocks.flatMap(({ toolResult }) => {
    const { content = [] } = Object(toolResult) as { content?: { text?: string; image?: object }[] }
    return content
  })
  const trace = reply.trace.find(({ kind }) => kind === 'api-call')?.response?.body
  return { content, trace, reply }
}

it.each([
  ['has no content', [], [{ text: 'The tool returned nothing.' }]],
  [
    'has only invisible characters',
    [text('\u200b\u{e0041}\u2800')],
    [{ text: 'The tool returned nothing.' }],
  ],
  ['has an image and no text', [image()], [imageForModel(png, 'png')]],
  [
    'has an image in a format that the model does not read',
    [image('Qk0vMQ==')],
    [{ text: '[image omitted: not a PNG, JPEG, GIF or WebP]' }],
  ],
])(
  'A result that %s: the model gets what can be read of it, or a sentence',
  async (_what, content, expected) => {
    const result = await resultFor({ content })
    expect(result.content).toEqual(expected)
    expect(result.reply.tools).toMatchObject([{ name: 'tray__get_it', status: 'ok' }])
  },
)

it('An image goes to the model in its place between the texts, and not into the trace', async () => {
  const { content, trace, reply } = await resultFor({ content: [text('before'), image(), text('after')] })
  expect(content).toEqual([{ text: 'before' }, imageForModel(png, 'png'), { text: 'after' }])
  expect(JSON.stringify(reply)).not.toContain(png)
  expect(trace).toEqual({ text: 'before\n[image of 70 bytes]\nafter', isError: false })
})

it('Images are left out after the twentieth of a turn, with the reason in their place', async () => {
  const { content } = await resultFor({ content: Array(8).fill(image()) }, 3)
  expect(content.filter(block => block.image)).toHaveLength(20)
  expect(content.at(-1)?.text).toMatch(/^\[image omitted: a turn has room for 20\](?:\n.*){3}$/)
})

it('An image is left out if it is unknown whether the model reads images', async () => {
  const model = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl'
  await configure({ BEDROCK_MODEL_ID: model, AWS_REGION: 'us-east-1' })
  const { content } = await resultFor({ content: [image()] })
  expect(content).toEqual([{ text: '[image omitted: the model is not known to read images]' }])
})
