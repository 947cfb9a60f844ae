import { useSignal } from '@preact/signals'
import type { Page } from '../page.ts'
import { nestSteps } from './step-tree.ts'
import { StepList } from './step-view.tsx'

/** How the selected answer came about: every hop and every token, as the agent reported them. */
export function TracePanel({ page }: { readonly page: Page }) {
  const showPersonal = useSignal(false)
  const exchange = page.conversation.selected.value
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
        {exchange && exchange.steps.length > 0 ? (
          <>
            <p class="note">
              Of the answer to “{exchange.question.message}”. Decoded for reading; only who verified a token
              has checked it.
            </p>
            <StepList
              nodes={nestSteps(exchange.steps)}
              context={{
                nameOf: page.nameOf,
                showPersonal: showPersonal.value,
                running: exchange.state === 'running',
              }}
            />
          </>
        ) : (
          <EmptyTrace waiting={exchange?.state === 'running'} asked={exchange !== undefined} />
        )}
      </section>
    </>
  )
}

function EmptyTrace({ waiting, asked }: { readonly waiting: boolean; readonly asked: boolean }) {
  if (waiting) return <p class="note">Waiting for the first step…</p>
  if (asked) return <p class="note">No step was taken for this question.</p>
  return (
    <div class="note">
      <p>Ask something, and each step of the identity exchange appears here as it happens.</p>
      <dl class="legend">
        <dt class="badge" data-role="Tc">
          Tc
        </dt>
        <dd>The person’s token for the agent’s blueprint. Only when the agent acts on behalf of somebody.</dd>
        <dt class="badge" data-role="T1">
          T1
        </dt>
        <dd>The blueprint’s exchange token. Made inside the sidecar, out of sight.</dd>
        <dt class="badge" data-role="TR">
          TR
        </dt>
        <dd>The agent’s own token for the weather API.</dd>
      </dl>
    </div>
  )
}
