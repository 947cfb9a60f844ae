import type { TurnEvent, TurnResult } from '@entra-agents/trace'
import { PageError } from '../agent/page-problem.ts'
import type { AskedQuestion } from '../conversation/asked-question.ts'
import { Conversation, type ConversationNeeds } from '../conversation/conversation.ts'
import type { KeptExchanges } from '../conversation/kept.ts'
import type { Speaker } from '../conversation/speaker.ts'

export const ada: Speaker = { agent: 'a', flow: 'obo', objectId: 'ada', userToken: 'tc-of-ada' }
export const agentItself: Speaker = { agent: 'a', flow: 'autonomous', userToken: undefined }

export function delta(text: string): TurnEvent {
  return { event: 'delta', data: { text } }
}

export function result(answer: string): TurnEvent {
  const data: Partial<TurnResult> = { answer, notices: [], timing: { firstTokenMs: 1, totalMs: 31 } }
  return { event: 'result', data: data as TurnResult }
}

/** A conversation with an agent that answers from a list: for each turn its events, or an error to throw. */
export function converse(
  turns: (readonly TurnEvent[] | PageError)[],
  identify?: ConversationNeeds['identify'],
  earlier?: KeptExchanges,
) {
  const asked: Pick<AskedQuestion, 'request' | 'userToken'>[] = []
  const announced: string[] = []
  const needs: ConversationNeeds = {
    async *ask({ request, userToken }) {
      asked.push({ request, userToken })
      const events = turns.shift() ?? []
      if (events instanceof PageError) throw events
      yield* events
    },
    identify: identify ?? (async ({ agent, flow }) => ({ ...(flow === 'obo' ? ada : agentItself), agent })),
    announce: text => announced.push(text),
  }
  const conversation = new Conversation(needs, 'a', earlier)
  const latest = () => conversation.exchanges.value.at(-1)?.value
  return { conversation, asked, announced, latest }
}
