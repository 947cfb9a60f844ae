import type {
  ChatResponse,
  PausedResponse,
  Problem,
  TraceStep,
  TurnEvent,
} from '@entra-bedrock-agent/identity-trace'

/**
 * Reads a turn to its end, or to where it waits, and gathers it into one response; its problem when it failed, nothing when the client
 * went away.
 */
export async function collectTurn(
  turn: AsyncIterable<readonly TurnEvent[]>,
): Promise<ChatResponse | PausedResponse | Problem | undefined> {
  const steps = new Map<string, TraceStep>()
  for await (const events of turn) {
    for (const { event, data } of events) {
      if (event === 'step') steps.set(data.id, data)
      else if (event === 'result') return { ...data, trace: [...steps.values()] }
      else if (event === 'pause') return { ...data, status: 'paused', trace: [...steps.values()] }
      else if (event === 'problem') return data
    }
  }
  return undefined
}
