import type { Problem, TraceStep, TurnEvent, TurnResult } from '@entra-agents/trace'
import { step } from '@entra-agents/trace-view/testing/trace'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import type { AskedQuestion } from '../conversation/asked-question.ts'
import { Conversation, type ConversationNeeds, type LiveExchange } from '../conversation/conversation.ts'
import { type Exchange, startExchange } from '../conversation/exchange.ts'
import type { KeptExchanges } from '../conversation/kept.ts'
import type { Speaker } from '../conversation/speaker.ts'

export const ada: Speaker = { agent: 'a', flow: 'obo', objectId: 'ada', userToken: 'tc-of-ada' }
export const agentItself: Speaker = { agent: 'a', flow: 'autonomous', userToken: undefined }

export const turn: TurnEvent = {
  event: 'turn',
  data: { turnId: 't', mode: 'bedrock', flow: 'obo', model: null, startedAt: '2026-11-25T10:00:00.000Z' },
}

export function stepEvent(id: string, status: TraceStep['status'] = 'running'): TurnEvent {
  return { event: 'step', data: step(id, { status, title: 'get_order was called' }) }
}

export function delta(text: string): TurnEvent {
  return { event: 'delta', data: { text } }
}

const noFigures: TurnResult = {
  turnId: 't',
  mode: 'bedrock',
  flow: 'obo',
  model: null,
  answer: '',
  usage: null,
  timing: { firstTokenMs: 1, totalMs: 31 },
  tools: [],
  notices: [],
  finishReason: 'stop',
}

export function turnResult(more: Partial<TurnResult>) {
  return { event: 'result', data: { ...noFigures, ...more } } as const
}

export const result = (answer: string): TurnEvent => turnResult({ answer })

/** A question in the autonomous flow and its answer, for agent `a`. */
export function exchange(message: string, more: Partial<Exchange> = {}): Exchange {
  return { ...startExchange({ message, agent: 'a', mode: 'direct', flow: 'autonomous' }), ...more }
}

/** A problem of the agent. */
export function problem(code: string): Problem {
  return { ...pageProblem('AGENT_UNREACHABLE'), type: '', status: 409, requestId: '', code }
}

export const failure = (code: string) => new PageError(problem(code))

/** A conversation with an agent that answers from a list: for each turn its events, or an error to throw. */
export function converse(
  turns: (readonly TurnEvent[] | PageError)[],
  identify?: ConversationNeeds['identify'],
  earlier?: KeptExchanges,
) {
  const asked: Pick<AskedQuestion, 'request' | 'userToken'>[] = []
  const announced: string[] = []
  const renewed: boolean[] = []
  const needs: ConversationNeeds = {
    async *ask({ request, userToken }) {
      asked.push({ request, userToken })
      const events = turns.shift() ?? []
      if (events instanceof PageError) throw events
      yield* events
    },
    async identify(question, renew) {
      renewed.push(renew)
      const { agent, flow } = question
      return identify?.(question, renew) ?? { ...(flow === 'obo' ? ada : agentItself), agent }
    },
    announce: text => announced.push(text),
  }
  const conversation = new Conversation(needs, 'a', earlier)
  const shown = (index: number): LiveExchange => {
    const exchange = conversation.exchanges.value.at(index)
    if (!exchange) throw new Error('Nothing was asked.')
    return exchange
  }
  return {
    conversation,
    asked,
    announced,
    renewed,
    first: () => shown(0),
    latest: () => shown(-1),
    messages: () => conversation.exchanges.value.map(({ value }) => value.question.message),
  }
}
