import type { Flow, PublicConfig } from '@entra-bedrock-agent/identity-trace'
import type { Session } from '../sign-in/session.ts'
import { TraceIntro } from './trace-intro.tsx'

export interface NoStepsProps {
  readonly config: PublicConfig
  readonly session: Session
  /** Of the question. */
  readonly flow: Flow
}

/** Why an answer has no trace, and what one would tell. */
export function NoSteps({ config, session, flow }: NoStepsProps) {
  return (
    <>
      <p class="note">{tellWhy(config, session.account.value !== undefined)}</p>
      <TraceIntro flow={flow} />
    </>
  )
}

function tellWhy({ traceFor }: PublicConfig, isSignedIn: boolean): string {
  if (traceFor === 'nobody') return 'This agent is set up to show the trace to nobody (TRACE_FOR=nobody).'
  if (traceFor === 'signed-in' && !isSignedIn)
    return 'This agent shows the trace only to users who are signed in. Sign in and ask again.'
  return 'No step was taken for this question.'
}
