import type { TurnEvent } from '@entra-agents/trace'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { askAgent } from './ask.ts'

const request = { message: 'Where is order 7?', mode: 'direct', flow: 'autonomous' } as const

function answerWith(response: (init: RequestInit) => Response | Promise<Response>) {
  const calls: RequestInit[] = []
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    calls.push(init)
    return response(init)
  })
  return calls
}

function eventStream(...pieces: (string | Uint8Array | Error)[]): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream({
    pull(controller) {
      const piece = pieces.shift()
      if (piece === undefined) controller.close()
      else if (piece instanceof Error) controller.error(piece)
      else controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

async function collect(options: { userToken?: string; signal?: AbortSignal } = {}): Promise<TurnEvent[]> {
  const events: TurnEvent[] = []
  const signal = options.signal ?? new AbortController().signal
  for await (const event of askAgent(request, { userToken: options.userToken, signal })) events.push(event)
  return events
}

describe('askAgent', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('sends the user’s token, if there is one, and yields the known events up to the result, even if a character is split between two chunks', async () => {
    const delta = new TextEncoder().encode('event: delta\ndata: {"text":"São"}\n\n')
    const cut = delta.indexOf(0xa3)
    const unknown = ['event: advice\ndata: {"text":"?"}\n\n', 'data: {"text":"without a name"}\n\n']
    const result = 'event: result\ndata: {"answer":"São"}\n\n'
    const calls = answerWith(() => eventStream(delta.slice(0, cut), delta.slice(cut), ...unknown, result))
    const events = [
      { event: 'delta', data: { text: 'São' } },
      { event: 'result', data: { answer: 'São' } },
    ]
    expect(await collect()).toEqual(events)
    expect(await collect({ userToken: 'tc' })).toEqual(events)
    expect(calls.map(call => new Headers(call.headers).get('authorization'))).toEqual([null, 'Bearer tc'])
  })

  const headers = { 'content-type': 'application/problem+json' }
  const limited = { code: 'RATE_LIMITED', title: 'Too many', detail: '', hint: 'Wait' }
  const unexpected = { code: 'UNEXPECTED_RESPONSE', detail: 'HTTP status 502.' }
  it.each([
    ['the agent’s own problem', Response.json(limited, { status: 429, headers }), limited],
    ['no response of the agent', new Response('<h1>Bad gateway</h1>', { status: 502 }), unexpected],
    ['no JSON', new Response('<h1>Bad gateway</h1>', { status: 502, headers }), unexpected],
    [
      'a proxy’s problem, whose missing members are filled in',
      Response.json({ title: 'Bad gateway' }, { status: 502, headers }),
      { ...unexpected, title: 'Bad gateway' },
    ],
  ])('reports what a refused request got: %s', async (_what, response, problem) => {
    answerWith(() => response)
    await expect(collect()).rejects.toMatchObject({ problem })
  })

  it('reports that the agent cannot be reached', async () => {
    answerWith(() => Promise.reject(new TypeError('Failed to fetch')))
    await expect(collect()).rejects.toMatchObject({ problem: { code: 'AGENT_UNREACHABLE' } })
  })

  it.each([
    ['ends', []],
    ['is cut', [new TypeError('network error')]],
  ])('throws if a stream %s before the result', async (_what, end) => {
    answerWith(() => eventStream('event: delta\ndata: {"text":"half"}\n\n', ...end))
    await expect(collect()).rejects.toMatchObject({ problem: { code: 'ANSWER_BROKEN_OFF' } })
  })

  it('gives up on an agent that is silent for 45 seconds', async () => {
    vi.useFakeTimers()
    answerWith(
      init =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        }),
    )
    const answer = expect(collect()).rejects.toMatchObject({ problem: { code: 'AGENT_SILENT' } })
    await vi.advanceTimersByTimeAsync(45_000)
    await answer
  })

  it('throws the reason of the abort if the user stops the answer', async () => {
    const stop = new AbortController()
    answerWith(() => {
      stop.abort(new DOMException('stopped', 'AbortError'))
      return Promise.reject(stop.signal.reason)
    })
    await expect(collect({ signal: stop.signal })).rejects.toBe(stop.signal.reason)
  })
})
