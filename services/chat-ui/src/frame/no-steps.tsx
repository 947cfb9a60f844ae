import type { Page } from '../page.ts'

/** Why an answer has no trace. */
export function NoSteps({ config: { traceFor }, session }: Pick<Page, 'config' | 'session'>) {
  const words =
    traceFor === 'nobody'
      ? 'This agent is set up to show the trace to nobody (TRACE_FOR=nobody).'
      : traceFor === 'signed-in' && session.account.value === undefined
        ? 'This agent shows the trace only to users who are signed in. Sign in and ask again.'
        : 'No step was taken for this question.'
  return <p class="note">{words}</p>
}
