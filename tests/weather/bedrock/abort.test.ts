import { expect, it } from 'vitest'
import { postChat } from '../../contract/agent/ask.ts'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { ScriptedBedrock, textBlock, toFrame } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'
import { connectScripted, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
const agentSettings = { ...staticKeys, ...server.environment }
const stack = await forFile(Stack.start({ agent: agentSettings }, ['agent']))

/** The model begins its answer, or says nothing, and never ends it. */
const playEndlessAnswer = (speaks = true) => {
  const asked = Promise.withResolvers<{ hungUp: Promise<number> }>()
  server.script = (request, response) => {
    if (speaks) for (const event of textBlock('Once upon a time').slice(0, 2)) response.write(toFrame(event))
    asked.resolve(request)
  }
  return asked.promise
}

const chat = (signal?: AbortSignal) =>
  postChat(
    stack.agentUrl,
    { message: 'Tell me a story', mode: 'bedrock' },
    { accept: 'text/event-stream' },
    signal,
  )

it.each([
  ['in the middle of its answer', true],
  ['even before it has said anything', false],
])('A browser that goes away closes the model’s request %s', async (_when, speaks) => {
  const asked = playEndlessAnswer(speaks)
  const browser = new AbortController()
  const gone = chat(browser.signal)
    .then(async ({ body }) => {
      for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? [])
        if (text.includes('Once upon')) browser.abort()
    })
    .catch((error: Error) => error.name)
  const { hungUp } = await asked
  const leftMs = performance.now()
  if (!speaks) browser.abort()
  expect(await hungUp).toBeGreaterThanOrEqual(leftMs)
  expect(await gone).toBe('AbortError')
})

it('The turn’s deadline closes the model’s request and ends the turn with TURN_TIMEOUT', async () => {
  await stack.restart('agent', { TURN_TIMEOUT_MS: '1000' })
  let reached: Promise<number> | undefined
  void playEndlessAnswer().then(({ hungUp }) => {
    reached = hungUp
  })
  // The first turn also loads the model's code, so it may reach the deadline before it calls the model.
  for (let turn = 0; turn < 20 && !reached; turn++)
    expect(await (await chat()).text()).toMatch(/event: problem\n.*TURN_TIMEOUT/)
  expect(await reached).toBeDefined()
})

it('An aborted turn leaves it unknown whether Bedrock is available', async () => {
  const { mode, bedrock } = connectScripted(server)
  void playEndlessAnswer()
  const leaving = new AbortController()
  const reason = new Error('The user went away.')
  const turn = runTurn(mode, { signal: leaving.signal, onWrite: () => leaving.abort(reason) })
  await expect(turn).rejects.toThrow()
  expect(bedrock.availability.health).toEqual({ state: 'unknown' })
})
