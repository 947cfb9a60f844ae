import type { AddressInfo } from 'node:net'
import type { ChatResponse, PausedResponse, Problem, TraceStep, TurnEvent } from '@entra-agents/trace'
import type { FastifyInstance } from 'fastify'
import { vi } from 'vitest'
import { postJson } from '../../support/post-json.ts'

export interface Question {
  readonly agent?: string
  readonly message?: string
  readonly mode?: string
  readonly flow?: string
  readonly history?: readonly unknown[]
  readonly pauseFor?: readonly string[]
}

export interface Answer<Body = ChatResponse & Problem> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
  readonly text: string
}

/** An event as it was received. */
export type ReceivedEvent = TurnEvent & { readonly id: number }

export const question = { message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous' } as const

/** Posts a question and reads the JSON response. */
export async function ask(
  agentUrl: string,
  asked: Question = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await postChat(agentUrl, asked, headers)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text), text }
}

/** The outcome of a turn: a result, a pause or a problem. */
export interface TurnOutcome extends Omit<ChatResponse & PausedResponse, 'status'> {
  readonly status: string | number
  readonly code?: string
  readonly detail?: string
}

type Verdict = 'approve' | 'deny'

/** Goes on with a turn that waits, with this decision on each of its calls. */
export async function continueTurn(
  agentUrl: string,
  { continuation, calls, mode, flow }: Pick<TurnOutcome, 'continuation' | 'calls' | 'mode' | 'flow'>,
  decision: Verdict | ((call: { readonly callId: string }) => Verdict),
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | null = null,
): Promise<Answer<TurnOutcome>> {
  const decisions = calls.map(({ callId, digest }) => ({
    callId,
    digest,
    decision: typeof decision === 'function' ? decision({ callId }) : decision,
  }))
  const body = { mode, flow, continuation, decisions, pauseFor: ['consent'] }
  const response = await postJson(`${agentUrl}/api/chat/continue`, body, { headers, signal })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text), text }
}

export function postChat(
  agentUrl: string,
  asked: Question = {},
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return postJson(`${agentUrl}/api/chat`, { ...question, ...asked }, { headers, signal })
}

/** Asks for a stream and reads it to its end. */
export async function askForStream(
  agentUrl: string,
  asked: Question = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly events: readonly ReceivedEvent[]
  readonly text: string
  readonly response: Response
}> {
  const response = await postChat(agentUrl, asked, { accept: 'text/event-stream', ...headers })
  const text = await response.text()
  return { events: parseEvents(text), text, response }
}

export function parseEvents(text: string): ReceivedEvent[] {
  return text
    .split('\n\n')
    .filter(block => block !== '' && !block.startsWith(':'))
    .map(block => {
      const fields = new Map(block.split('\n').map(line => line.split(/: (.*)/s, 2) as [string, string]))
      return {
        id: Number(fields.get('id')),
        event: fields.get('event'),
        data: JSON.parse(fields.get('data') ?? 'null'),
      } as ReceivedEvent
    })
}

/** The token cards of one role, in the order of the trace. */
export function tokenCards(trace: readonly TraceStep[], role: string) {
  return trace.flatMap(({ token }) => (token?.role === role ? [token] : []))
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Finds the URL of an app's metrics, whose server listens a moment after the app does. */
export function findMetricsUrl(app: FastifyInstance): Promise<string> {
  return vi.waitFor(() => {
    const { port } = app.metricsServer.server.address() as AddressInfo
    return `http://localhost:${port}/metrics`
  }, 10_000)
}

/** What an app has counted in this series, such as `agent_turns_refused_total`; 0 if it has not counted yet. */
export async function readCounter(app: FastifyInstance, series: string): Promise<number> {
  const text = await (await fetch(await findMetricsUrl(app))).text()
  const line = text.split('\n').find(one => one.startsWith(`${series} `))
  return Number(line?.slice(series.length) ?? 0)
}
