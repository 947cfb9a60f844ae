import { describeToken } from '../identity/agent-token.ts'
import type { VerifiedUserToken } from '../identity/user-token.ts'
import type { TraceRecorder } from './trace-recorder.ts'

/** Records that the user's token (Tc) arrived and passed the agent's checks. */
export function noteSignIn(trace: TraceRecorder, user: VerifiedUserToken): void {
  trace.note('ok', {
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    title: 'The user’s token arrived and passed the agent’s checks',
    token: describeToken({ role: 'Tc' }, user.claims, user),
  })
}
