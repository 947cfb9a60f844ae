import { randomUUID } from 'node:crypto'
import type { Flow } from '@entra-agents/trace'
import type { AgentIdentity } from './agent-identity.ts'
import type { Caller } from './caller.ts'
import { ownFlow } from './flows.ts'
import { TraceRecorder } from './trace-recorder.ts'

/** An agent that calls an API when no turn asks it to, in a flow without a user. Nobody reads its trace. */
export function betweenTurns(agent: AgentIdentity, flow: Flow = ownFlow): Caller {
  return {
    requestId: randomUUID(),
    correlationId: randomUUID(),
    agent,
    flow,
    user: undefined,
    signal: new AbortController().signal,
    trace: new TraceRecorder(() => {}),
  }
}
