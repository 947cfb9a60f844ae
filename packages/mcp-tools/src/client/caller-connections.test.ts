import { betweenTurns, type Caller } from '@entra-agents/identity/core'
import { agent, secondAgent } from '@entra-agents/identity/testing/fixtures'
import type { OutboundRequest, OutboundResponse, Send } from '@entra-agents/service-kit/send'
import { describe, expect, it, vi } from 'vitest'
import { notesServer } from '../testing/notes-server.ts'
import { initializeResult } from '../testing/scripted-servers.ts'
import { CallerConnections } from './caller-connections.ts'
import type { Exchange } from './connection.ts'

const limits = { timeoutMs: 10_000, maxResultBytes: 1_024, maxResultCharacters: 1_000 }
const server = notesServer({ protocol: '2025-11-25', limits })

interface Message {
  readonly id?: number
  readonly method: string
}

type Answer = (
  message: Message,
  session: string,
  signal: AbortSignal,
) => Promise<OutboundResponse | undefined>

/** An MCP server of revision 2025-11-25, which keeps sessions. The agent reaches it by `send`. */
class Sessions {
  readonly open = new Set<string>()
  opened = 0
  /** What this function returns is sent in place of the server's own response, unless it is `undefined`. */
  answer: Answer = async () => undefined

  readonly send: Send = async request => {
    const { headers, signal = new AbortController().signal } = request
    const session = headers?.['mcp-session-id'] ?? ''
    if (request.method === 'DELETE') {
      this.open.delete(session)
      return respond(200)
    }
    const message = readMessage(request)
    return (await this.answer(message, session, signal)) ?? this.#respond(message, session)
  }

  exchange(signal = new AbortController().signal): Exchange {
    return { send: this.send, headers: {}, signal, maxBytes: 1_024, progress: { mayHaveRun: false } }
  }

  #respond({ id, method }: Message, session: string): OutboundResponse {
    if (id === undefined) return respond(202)
    if (method !== 'initialize') return this.open.has(session) ? respond(200, id, {}) : respond(404)
    this.opened += 1
    const opened = `session-${this.opened}`
    this.open.add(opened)
    return respond(200, id, initializeResult, { 'mcp-session-id': opened })
  }
}

function readMessage({ body = '' }: OutboundRequest): Message {
  return JSON.parse(body) as Message
}

function respond(status: number, id?: number, result?: object, headers: Record<string, string> = {}) {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    text: id === undefined ? '' : JSON.stringify({ jsonrpc: '2.0', id, result }),
  }
}

const caller = betweenTurns(agent)

/** Connections to a server, and a function by which the agent calls this server as itself. */
function connect() {
  const sessions = new Sessions()
  const connections = new CallerConnections(server)
  const call = (signal?: AbortSignal) =>
    connections.call(caller, sessions.exchange(signal), client => client.ping())
  return { sessions, connections, call }
}

describe('The agent’s own connection', () => {
  it('is shared by concurrent calls, even if these are the first calls', async () => {
    const { sessions, connections, call } = connect()
    await Promise.all([call(), call(), call()])
    expect(sessions.opened).toBe(1)
    await connections.close()
    expect([...sessions.open]).toEqual([])
  })

  it('is shared with no other agent', async () => {
    const { sessions, connections } = connect()
    for (const one of [agent, secondAgent, agent])
      await connections.call(betweenTurns(one), sessions.exchange(), client => client.ping())
    expect(sessions.open.size).toBe(2)
    await connections.close()
    expect([...sessions.open]).toEqual([])
  })

  it('is still opened for waiting calls if the call that began to open it is given up', async () => {
    const { sessions, call } = connect()
    const first = new AbortController()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    sessions.answer = async ({ method }, _session, signal) => {
      if (method === 'initialize') await released
      signal.throwIfAborted()
      return undefined
    }
    const gone = call(first.signal)
    const others = Promise.all([call(), call()])
    first.abort(new Error('The first one is gone.'))
    await expect(gone).rejects.toThrow('The first one is gone.')
    release()
    await others
    expect(sessions.opened).toBe(1)
  })

  it.each([404, 400])(
    'is replaced once when the server forgets the session (status %i), however many calls notice',
    async status => {
      const { sessions, connections, call } = connect()
      await call()
      sessions.open.clear()
      sessions.answer = async ({ method }, session) =>
        method !== 'ping' || sessions.open.has(session) ? undefined : respond(status)
      await Promise.all([call(), call(), call()])
      expect(sessions.opened).toBe(2)
      await connections.close()
      expect([...sessions.open]).toEqual([])
    },
  )

  it('stays open for running calls if another call shows that it is unusable, and is closed after the running calls', async () => {
    const { sessions, call } = connect()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let isFirst = true
    sessions.answer = async ({ method }) => {
      if (method !== 'ping') return undefined
      if (isFirst) {
        isFirst = false
        await released
        return undefined
      }
      return respond(415)
    }
    const slow = call()
    await expect.poll(() => isFirst).toBe(false)
    await expect(call()).rejects.toMatchObject({ status: 415 })
    expect([...sessions.open]).toEqual(['session-1'])
    release()
    await slow
    await expect.poll(() => [...sessions.open]).toEqual([])
  })

  it('is given up when the only call that waits for it is aborted, even during the last message of the handshake', async () => {
    const { sessions, call } = connect()
    const limited = new AbortController()
    const { promise: reached, resolve: reach } = Promise.withResolvers<AbortSignal>()
    sessions.answer = async ({ method }, _session, signal) => {
      if (method !== 'notifications/initialized') return undefined
      reach(signal)
      return await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
    }
    const calling = call(limited.signal)
    const limit = await reached
    limited.abort(new Error('The call took too long.'))
    await expect(calling).rejects.toThrow('The call took too long.')
    expect(limit.reason).toEqual(limited.signal.reason)
  })
})

it('A server that was found to speak only the older protocol is asked for the newer one again after five minutes', async () => {
  const sessions = new Sessions()
  let probes = 0
  sessions.answer = async ({ method }) => {
    if (method === 'server/discover') probes += 1
    return undefined
  }
  const connections = new CallerConnections(notesServer({ protocol: 'auto', limits }))
  const probesAfterTurnAt = async (minutes: number) => {
    vi.spyOn(performance, 'now').mockReturnValue(minutes * 60_000)
    const caller = { ...betweenTurns(agent), user: {} } as Caller
    await connections.call(caller, sessions.exchange(), client => client.ping())
    return probes
  }
  expect(await probesAfterTurnAt(10)).toBe(1)
  expect(await probesAfterTurnAt(14.9)).toBe(1)
  expect(await probesAfterTurnAt(15.1)).toBe(2)
  expect(await probesAfterTurnAt(20)).toBe(2)
})
