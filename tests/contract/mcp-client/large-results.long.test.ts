import { ScriptedMcpServers, textResult, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import type { PausedResponse } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { staticKeys } from '../bedrock/emulated-aws.ts'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../bedrock/scripted-bedrock.ts'
import { McpStack } from './mcp-stack.ts'

/** The default limit of a result. */
const characters = 20_000
/** Characters of four bytes that do not repeat. */
const text = (first: number) =>
  Array.from({ length: characters }, (_, index) =>
    String.fromCodePoint(0x20000 + ((first * 7919 + index * 104_729) % 0xa000)),
  ).join('')

const model = await forFile(new ScriptedBedrock().start())
const servers = await forFile(new ScriptedMcpServers().start())
servers.scripts['desk'] = {
  tools: ['read', 'write'].map(name =>
    tool(name, { inputSchema: { type: 'object', properties: { page: { type: 'integer' } } } }),
  ),
  onCall: ({ message: { params: { name, arguments: { page } = {} } = {} } = {} }) =>
    textResult(name === 'read' ? text(Number(page)) : 'written'),
}
const mcp = await forFile(McpStack.start())
await mcp.configure(
  {
    desk: {
      url: `${servers.url}/desk`,
      allowedTools: ['read', 'write'],
      readOnlyTools: ['read'],
      protocol: '2025-11-25',
    },
  },
  { ...staticKeys, ...model.environment, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: model.url },
)
const token = await mcp.stack.signIn(identities.ada.oid)
/** A conversation of the largest size. */
const history = [{ role: 'user', text: '\u{1f600}'.repeat(16_000) }]

const read = (index: number, page: number) =>
  toolBlock(index, `read_${page}`, 'desk__read', JSON.stringify({ page }))
const write = (index: number) => toolBlock(index, 'write', 'desk__write', '{}')

/** Lets the model make these reads, each list of them in one step, and then a change, which the user approves. */
async function changeAfter(...steps: readonly (readonly number[])[]) {
  const [last = [], ...earlier] = steps.toReversed()
  const reads = (pages: readonly number[]) => pages.flatMap((page, index) => read(index, page))
  model.requests.length = 0
  model.play(
    ...earlier.toReversed().map(pages => [...reads(pages), ...stopEvents('tool_use')]),
    [...reads(last), ...write(last.length), ...stopEvents('tool_use')],
    [...textBlock('Done.'), ...stopEvents('end_turn')],
  )
  const asked = await mcp.ask('Read, then write.', token, { history })
  const pause = (await asked.json()) as PausedResponse
  expect(pause).toMatchObject({ status: 'paused', calls: [{ tool: 'desk__write' }] })
  const reply = await mcp.decide(pause, 'approve', token, { history })
  expect(await reply.json()).toMatchObject({ answer: 'Done.' })
  const results = model.requests.at(-1)?.body.messages.flatMap(({ content }) =>
    content.flatMap(({ toolResult }) => {
      const { content } = Object(toolResult) as { content?: readonly { text: string }[] }
      return content ? [content.map(({ text }) => text).join()] : []
    }),
  )
  return { continuation: pause.continuation, results }
}

it('A result as large as it may be goes back whole to the model after an approval', async () => {
  const { results, continuation } = await changeAfter([1])
  expect(results).toEqual([text(1), 'written'])
  // Sealed once: four bytes for each character, in base64url.
  expect(continuation.length).toBeLessThan((characters * 4 * 4) / 3 + 4_000)
})

it('As many and as large results as a turn may have can wait for an approval: the longest are cut then, and the model is told', async () => {
  const pages = (step: number) => Array.from({ length: step === 6 ? 9 : 10 }, (_, index) => step * 10 + index)
  const { results = [] } = await changeAfter(...[0, 1, 2, 3, 4, 5, 6].map(pages))
  expect(results).toHaveLength(70)
  expect(results.at(-1)).toBe('written')
  for (const [page, result] of results.slice(0, -1).entries()) {
    const [kept = '', mark] = result.split('\n')
    expect(text(page).startsWith(kept)).toBe(true)
    expect(kept.length).toBeGreaterThan(500)
    expect(mark).toBe('[cut: the turn waited for the user]')
  }
})
