import { describe, expect, it } from 'vitest'
import { postChat } from '../../contract/agent/ask.ts'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { ScriptedBedrock, textBlock, toFrame } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'
import { connectScripted, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
const agentSettings = { ...staticKeys, ...server.environment }
const stack = await forFile(Stack.start({ agent: agentSettings }, ['agent']))

/** The model begins its answer and never ends it. */
const playEndlessAnswer = () => {
  const asked = Promise.withResolvers<{ hungUp: Promise<number> }>()
  server.script = (request, response) => {
    for (const event of textBlock('Once upon a time').slice(0, 2)) response.write(toFrame(event))
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

describe('a browser that goes away', () => {
  it('closes the model’s request in the middle of the answer', async () => {
    const asked = playEndlessAnswer()
    const browser = new AbortController()
    const response = await chat(browser.signal)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let received = ''
    while (!received.includes('Once upon')) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      if (done) throw new Error(`The stream ended early: ${received}`)
      received += value
    }
    const { hungUp } = await asked
    const leftMs = performance.now()
    browser.abort()
    expect(await hungUp).toBeGreaterThanOrEqual(leftMs)
  })

  it('closes the model’s request even before the model has said anything', async () => {
    const asked = Promise.withResolvers<{ hungUp: Promise<number> }>()
    server.script = request => asked.resolve(request)
    const browser = new AbortController()
    const gone = chat(browser.signal)
      .then(response => response.text())
      .catch((error: Error) => error.name)
    const { hungUp } = await asked.promise
    const leftMs = performance.now()
    browser.abort()
    expect(await hungUp).toBeGreaterThanOrEqual(leftMs)
    expect(await gone).toBe('AbortError')
  })
})

describe('the turn’s deadline', () => {
  it('closes the model’s request and ends the turn with TURN_TIMEOUT', async () => {
    await stack.restart('agent', { TURN_TIMEOUT_MS: '1000' })
    let askedMs = 0
    let reached: { askedMs: number; hungUp: Promise<number> } | undefined
    void playEndlessAnswer().then(({ hungUp }) => {
      reached = { askedMs, hungUp }
    })
    // The first turn also loads the model's code, so it may reach the deadline before it calls the model.
    for (let turn = 0; turn < 20 && !reached; turn++) {
      askedMs = performance.now()
      expect(await (await chat()).text()).toMatch(/event: problem\n.*TURN_TIMEOUT/)
    }
    if (!reached) throw new Error('No turn called the model before its deadline.')
    expect(await reached.hungUp).toBeGreaterThan(reached.askedMs + 990)
  })
})

describe('an aborted turn', () => {
  it('leaves it unknown whether Bedrock is available', async () => {
    const { mode, bedrock } = connectScripted(server)
    void playEndlessAnswer()
    const leaving = new AbortController()
    const reason = new Error('The user went away.')
    const turn = runTurn(mode, { signal: leaving.signal, onWrite: () => leaving.abort(reason) })
    await expect(turn).rejects.toThrow()
    expect(bedrock.availability.health).toEqual({ state: 'unknown' })
  })
})
