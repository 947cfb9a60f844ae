import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Page } from '../page.ts'
import { nestSteps } from './step-tree.ts'
import { StepList } from './step-view.tsx'

const tickMs = 15_000

/** How the selected answer came about: every hop and every token, as the agent reported them. */
export function TracePanel({ page }: { readonly page: Page }) {
  const showPersonal = useSignal(false)
  return (
    <>
      <div class="trace-header">
        <h2 id="trace-title" tabIndex={-1}>
          Identity Trace
        </h2>
        <button
          type="button"
          class="button quiet"
          aria-pressed={showPersonal.value}
          onClick={() => {
            showPersonal.value = !showPersonal.value
          }}
        >
          Show personal data
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="trace-body" aria-label="Steps" tabIndex={0}>
        <Steps page={page} showPersonal={showPersonal.value} />
      </section>
    </>
  )
}

function Steps({ page, showPersonal }: { readonly page: Page; readonly showPersonal: boolean }) {
  const { selected } = page.conversation
  const now = useSignal(new Date())
  // One by one, so that the steps are not drawn again for every word of the answer.
  const steps = useComputed(() => selected.value?.value.steps ?? []).value
  const question = useComputed(() => selected.value?.value.question.message).value
  const running = useComputed(() => selected.value?.value.state === 'running').value
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = new Date()
    }, tickMs)
    return () => clearInterval(timer)
  }, [now])

  if (question === undefined) return <EmptyTrace />
  if (steps.length === 0) {
    return <p class="note">{running ? 'Waiting for the first step…' : explainNoSteps(page)}</p>
  }
  return (
    <>
      <p class="note">
        Of the answer to “{question}”. Decoding a token proves nothing; its card says who has verified it.
      </p>
      <StepList
        nodes={nestSteps(steps)}
        context={{ names: page.names, showPersonal, running, now: now.value }}
      />
    </>
  )
}

function explainNoSteps({ config, session }: Page): string {
  if (config.traceFor === 'nobody')
    return 'This agent is set up to show the trace to nobody (TRACE_FOR=nobody).'
  if (config.traceFor === 'signed-in' && !session.account.value) {
    return 'This agent shows the trace only to users who are signed in. Sign in and ask again.'
  }
  return 'No step was taken for this question.'
}

function EmptyTrace() {
  return (
    <div class="note">
      <p>Ask something, and each step of the identity exchange appears here as it happens.</p>
      <dl class="legend">
        <dt class="badge" data-role="Tc">
          Tc
        </dt>
        <dd>The user’s token for the agent’s blueprint. Only when the agent acts on behalf of somebody.</dd>
        <dt class="badge" data-role="T1">
          T1
        </dt>
        <dd>The blueprint’s exchange token. Made inside the sidecar, where nobody else sees it.</dd>
        <dt class="badge" data-role="TR">
          TR
        </dt>
        <dd>The agent’s own token for the API that it calls.</dd>
      </dl>
    </div>
  )
}
