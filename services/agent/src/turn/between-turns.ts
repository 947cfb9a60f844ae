import { randomUUID } from 'node:crypto'
import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import { ownFlow } from '../identity/flows.ts'
import type { Caller } from './caller.ts'
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
