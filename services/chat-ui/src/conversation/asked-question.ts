import type { ChatRequest, ContinueRequest } from '@entra-agents/trace'
import type { Exchange, Question } from './exchange.ts'
import { historyFor } from './history.ts'
import type { Speaker } from './speaker.ts'

/** What continues a turn, sent to the agent in place of a question: the turn that waits, and the user's decisions. */
export type ContinuedTurn = Pick<ContinueRequest, 'continuation' | 'decisions'>

/** A question as it is sent to the agent. A conversation sends nothing else. */
export interface AskedQuestion {
  readonly request: (ChatRequest | ContinueRequest) & { readonly agent: string }
  /** Tc, if the flow or the agent needs it. */
  readonly userToken: string | undefined
}

/** Agent, flow, history and token all come from the speaker, so that they never belong to different agents or users. */
export function askedBy(
  speaker: Speaker,
  { message, mode }: Pick<Question, 'message' | 'mode'>,
  earlier: readonly Exchange[],
  continued?: ContinuedTurn,
): AskedQuestion {
  const { agent, flow, userToken } = speaker
  const history = historyFor(earlier, speaker)
  const asked = { ...(continued ?? { message }), agent, mode, flow, pauseFor: ['consent'] as ['consent'] }
  return { request: { ...asked, ...(history.length > 0 && { history }) }, userToken }
}
