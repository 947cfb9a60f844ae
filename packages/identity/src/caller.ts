import { randomUUID } from 'node:crypto'
import type { Flow } from '@entra-agents/trace'
import type { AgentIdentity } from './agent-identity.ts'
import type { VerifiedUserToken } from './agent-token.ts'
import { ownFlow } from './flows.ts'
import { TraceRecorder } from './trace-recorder.ts'

/** The identity under which an API is called, and the trace of the call. Between turns the agent calls as itself. */
export interface Caller {
  readonly requestId: string
  /** The GUID that joins the logs of agent, sidecar and Entra; it is the OpenTelemetry trace id if OpenTelemetry is on. */
  readonly correlationId: string
  readonly agent: AgentIdentity
  readonly flow: Flow
  /** The user's verified token; set in flows on behalf of a user, and in no others. */
  readonly user: VerifiedUserToken | undefined
  /** The claims challenge (JSON text) that all its tokens have to satisfy. */
  readonly claims?: string | undefined
  /** Aborted when the client goes away, the turn's deadline passes or the turn is over. */
  readonly signal: AbortSignal
  readonly trace: TraceRecorder
}

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
