import type { Message } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { type Answer, converse, converseAtOnce, failureOf, startBedrock, userSays } from './support.ts'

const bedrock = await startBedrock()
const script = [{ tool: 'get_orders', input: { open: true } }, 'Two orders.']
const toolConfig = { tools: [{ toolSpec: { name: 'get_orders', inputSchema: { json: {} } } }] }

const changeSettings = (body: object) =>
  fetch(`${bedrock.url}/emulator/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const follow = async (steps: readonly unknown[]) =>
  expect((await changeSettings({ script: steps })).status).toBe(200)

/** Asks, answers each call of a tool, and asks on, until the model has spoken `calls` times. */
async function talk(question: string, calls: number, call = converse): Promise<Answer[]> {
  const messages: Message[] = [userSays(question)]
  const answers: Answer[] = []
  while (answers.length < calls) {
    const answer = await call(bedrock.client(), { messages: [...messages], toolConfig })
    answers.push(answer)
    const toolUses = answer.content.flatMap(({ toolUse }) => toolUse ?? [])
    const results = toolUses.map(({ toolUseId }) => ({ toolResult: { toolUseId, content: [{ text: '2' }] } }))
    messages.push({ role: 'assistant', content: answer.content })
    messages.push(results.length > 0 ? { role: 'user', content: results } : userSays('And now?'))
  }
  return answers
}

const wanted = [
  { stopReason: 'tool_use', content: [{ toolUse: { name: 'get_orders', input: { open: true } } }] },
  { stopReason: 'end_turn', content: [{ text: 'Two orders.' }] },
]

it.each([converse, converseAtOnce])(
  'each call gets the step that is next in its conversation (%o)',
  async call => {
    await follow(script)
    const talks = ['Ada’s orders?', 'Ben’s orders?', 'Mine?'].map(question => talk(question, 2, call))
    expect(await Promise.all(talks)).toMatchObject([wanted, wanted, wanted])
  },
)

it('a step can have a text and several calls of tools', async () => {
  await follow([['I’ll look.', { tool: 'get_orders' }, { tool: 'get_orders', input: { of: 'Ben' } }]])
  const [answer] = await talk('Orders?', 1)
  const call = { toolUseId: expect.stringMatching(/^tooluse_/), name: 'get_orders' }
  const calls = [{}, { of: 'Ben' }].map(input => ({ toolUse: { ...call, input } }))
  expect(answer).toMatchObject({ stopReason: 'tool_use', content: [{ text: 'I’ll look.' }, ...calls] })
})

it('an end of the script, and a tool that the request lacks, are told in words', async () => {
  await follow(script)
  expect(await failureOf(talk('Orders?', 3))).toMatchObject({
    name: 'ValidationException',
    message: 'The script of the emulator has 2 steps; this call is for step 3.',
    $metadata: { httpStatusCode: 400 },
  })
  await follow([{ tool: 'get_order' }])
  expect(await failureOf(talk('Orders?', 1))).toMatchObject({
    name: 'ValidationException',
    message: 'Step 1 of the emulator’s script calls the tool get_order; the request has get_orders.',
  })
})

it('without the script, the model follows its rules again', async () => {
  await follow(script)
  expect((await changeSettings({ script: null })).status).toBe(200)
  expect(await talk('Who are you?', 1)).toMatchObject([
    { content: [{ text: expect.stringMatching(/^I am an emulated model/) }] },
  ])
})
