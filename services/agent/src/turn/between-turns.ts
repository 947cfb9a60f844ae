import { randomUUID } from 'node:crypto'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import { ownFlow } from '../identity/flows.ts'
import { TraceRecorder } from './trace-recorder.ts'
import type { Caller } from './turn.ts'

/** An agent itself, calling an API when no turn asks it to. Nobody reads its trace. */
export function betweenTurns(agent: AgentIdentity): Caller {
  return {
    requestId: randomUUID(),
    correlationId: randomUUID(),
    agent,
    flow: ownFlow,
    user: undefined,
    signal: new AbortController().signal,
    trace: new TraceRecorder(() => {}),
  }
}
