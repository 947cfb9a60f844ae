import type { PublicConfig } from '@entra-agents/trace'
import type { Page } from '../page.ts'

/** Why an answer has no trace. */
export function NoSteps({ config, session }: Pick<Page, 'config' | 'session'>) {
  return <p class="note">{tellWhyNoSteps(config, session.account.value !== undefined)}</p>
}

function tellWhyNoSteps({ traceFor }: PublicConfig, isSignedIn: boolean): string {
  if (traceFor === 'nobody') return 'This agent is set up to show the trace to nobody (TRACE_FOR=nobody).'
  if (traceFor === 'signed-in' && !isSignedIn)
    return 'This agent shows the trace only to users who are signed in. Sign in and ask again.'
  return 'No step was taken for this question.'
}
