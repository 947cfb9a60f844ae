import type { ChatReply, Problem, TraceStep, TurnEvent } from '@entra-bedrock-agent/identity-trace'

/** Reads a turn to its end and gathers it into one reply; the problem when the turn failed. */
export async function collectTurn(events: AsyncIterable<TurnEvent>): Promise<ChatReply | Problem> {
  const steps = new Map<string, TraceStep>()
  for await (const { event, data } of events) {
    if (event === 'step') steps.set(data.id, data)
    else if (event === 'result') return { ...data, trace: [...steps.values()] }
    else if (event === 'problem') return data
  }
  throw new Error('The turn ended without a result.')
}
