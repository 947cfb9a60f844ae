import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../bedrock/scripted-bedrock.ts'
import { McpStack } from './mcp-stack.ts'
import { ScriptedMcpServers, textResult, tool } from './scripted-server.ts'

/** One pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const gif = 'R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=='
const image = (data: string, mimeType: string) => ({ type: 'image', data, mimeType })
/** The PNG of one pixel, with `width` in its header and `bytes` zero bytes appended. */
function largePng(bytes: number, width = 1): string {
  const large = Buffer.concat([Buffer.from(png, 'base64'), Buffer.alloc(bytes)])
  large.writeUInt32BE(width, 16)
  return large.toString('base64')
}

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
const bedrock = await forFile(new ScriptedBedrock().start())
servers.scripts['tray'] = { tools: [tool('get_it')] }
await configure()

function configure(change: object = {}, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const server = {
    url: `${servers.url}/tray`,
    allowedTools: ['get_it'],
    protocol: '2025-11-25',
    maxResultBytes: 16 * 1024 * 1024,
    maxResultCharacters: 1_000,
    ...change,
  }
  return mcp.configure(
    { tray: server },
    { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url, BEDROCK_PROBE: 'off', ...environment },
  )
}

/** What the model gets of a tool's result, and the turn's reply. */
async function resultFor(result: object, calls = 1) {
  servers.scripts['tray'] = {
    tools: [tool('get_it')],
    answer: ({ message }) => (message?.method === 'tools/call' ? result : undefined),
  }
  const before = bedrock.requests.length
  bedrock.play(
    [
      ...textBlock('Let me look.'),
      ...Array.from({ length: calls }, (_, index) =>
        toolBlock(index + 1, `tooluse_${index}`, 'tray__get_it'),
      ).flat(),
      ...stopEvents('tool_use'),
    ],
    [...textBlock('Done.'), ...stopEvents('end_turn')],
  )
  const reply = await mcp.answerTo('Get it.')
  const { content = [] } = bedrock.requests.slice(before).at(-1)?.body.messages.at(-1) ?? {}
  const results = content.flatMap(
    block =>
      (block['toolResult'] ?? []) as {
        content: { text?: string; image?: { format: string; source: object } }[]
      },
  )
  return { results, content: results[0]?.content, reply }
}

describe('A result that says nothing', () => {
  it.each([
    ['has no content', { content: [] }],
    ['is empty text', textResult('')],
    ['is blank', textResult(' \n\t\u00a0 ')],
    ['has only invisible characters', textResult('\u200b\u{e0041}\u2800')],
  ])('because it %s is described to the model in a sentence', async (_what, result) => {
    const { content, reply } = await resultFor(result)
    expect(content).toEqual([{ text: 'The tool returned nothing.' }])
    expect(reply.tools).toMatchObject([{ name: 'tray__get_it', status: 'ok' }])
  })
})

describe('A structured result', () => {
  const structuredContent = { rows: [{ city: 'Oslo', count: 3 }] }

  it('goes to the model beside a text that says something else', async () => {
    const { content } = await resultFor({ ...textResult('1 row'), structuredContent })
    expect(content).toEqual([{ text: '1 row\n{"rows":[{"city":"Oslo","count":3}]}' }])
  })

  it('goes to the model once if a text is the same JSON', async () => {
    const same = '{ "rows": [ { "count": 3, "city": "Oslo" } ] }'
    const { content } = await resultFor({ ...textResult(same), structuredContent })
    expect(content).toEqual([{ text: same }])
  })

  it('goes to the model alone if the result has no text', async () => {
    const { content } = await resultFor({ content: [], structuredContent })
    expect(content).toEqual([{ text: JSON.stringify(structuredContent) }])
  })
})

describe('A result with more characters than the model may get', () => {
  it('is cut, with a note about the cut for the model and in the trace', async () => {
    const { content, reply } = await resultFor(textResult('x'.repeat(5_000)))
    const mark = '[Cut here: these are the first 1000 of 5000 characters.]'
    expect(content).toEqual([{ text: `${'x'.repeat(1_000)}\n${mark}` }])
    const call = reply.trace.find(({ kind }) => kind === 'api-call')
    expect(call?.response?.body).toMatchObject({ text: expect.stringContaining(mark) })
  })

  it('is never cut within a surrogate pair', async () => {
    const { content } = await resultFor(textResult('🌧'.repeat(1_500)))
    expect(content?.[0]?.text).toMatch(/^(?:🌧){1000}\n\[Cut here/u)
  })
})

describe('An image in a result', () => {
  it('goes to the model in its place between the texts', async () => {
    const { content, reply } = await resultFor({
      content: [{ type: 'text', text: 'before' }, image(png, 'image/png'), { type: 'text', text: 'after' }],
    })
    expect(content).toEqual([
      { text: 'before' },
      { image: { format: 'png', source: { bytes: png } } },
      { text: 'after' },
    ])
    expect(JSON.stringify(reply)).not.toContain(png)
    const call = reply.trace.find(({ kind }) => kind === 'api-call')
    expect(call?.response?.body).toEqual({ text: 'before\n[image of 70 bytes]\nafter', isError: false })
  })

  it('needs no text beside it', async () => {
    const { content } = await resultFor({ content: [image(png, 'image/png')] })
    expect(content).toEqual([{ image: { format: 'png', source: { bytes: png } } }])
  })

  it('goes to the model in its real format, whatever format the server names', async () => {
    const { content } = await resultFor({ content: [image(gif, 'image/png')] })
    expect(content).toEqual([{ image: { format: 'gif', source: { bytes: gif } } }])
  })

  it.each([
    [
      'in a format that the model does not read',
      Buffer.from('BM8x').toString('base64'),
      'not a PNG, JPEG, GIF or WebP',
    ],
    ['of more bytes than Bedrock takes', largePng(4_000_000), 'more than 3750000 bytes'],
    ['wider than Bedrock takes', largePng(0, 8_001), 'more than 8000 pixels wide or high'],
  ])('%s is left out, with the reason in its place', async (_what, data, reason) => {
    const { content } = await resultFor({ content: [image(data, 'image/png')] })
    expect(content).toEqual([{ text: `[image omitted: ${reason}]` }])
  })

  it('is left out after the twentieth image of a turn', async () => {
    const { results } = await resultFor(
      { content: Array.from({ length: 8 }, () => image(png, 'image/png')) },
      3,
    )
    const blocks = results.flatMap(({ content }) => content)
    expect(blocks.filter(block => block.image)).toHaveLength(20)
    expect(blocks.at(-1)?.text).toMatch(/^\[image omitted: a turn has room for 20\](?:\n.*){3}$/)
  })

  it('is left out if it is unknown whether the model reads images', async () => {
    await configure(
      {},
      {
        BEDROCK_MODEL_ID: 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl',
        AWS_REGION: 'us-east-1',
      },
    )
    const { content } = await resultFor({ content: [image(png, 'image/png')] })
    expect(content).toEqual([{ text: '[image omitted: the model is not known to read images]' }])
    await configure()
  })
})
