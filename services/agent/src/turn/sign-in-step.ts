import type { VerifiedUserToken } from '../identity/user-token.ts'
import type { TraceRecorder } from './trace-recorder.ts'

/** Records that the user's token (Tc) arrived and passed the agent's checks. */
export function noteSignIn(trace: TraceRecorder, user: VerifiedUserToken): void {
  const { fingerprint, header, claims, checks } = user
  trace.note('ok', {
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    title: 'The user’s token arrived and passed the agent’s checks',
    token: {
      role: 'Tc',
      observed: true,
      fingerprint,
      header: { ...header },
      claims: { ...claims },
      verifiedBy: [{ actor: 'agent', checks: [...checks] }],
    },
  })
}
