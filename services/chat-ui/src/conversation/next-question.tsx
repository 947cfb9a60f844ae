import { useComputed } from '@preact/signals'
import type { Page } from '../page.ts'
import { explainFlow, explainHistory, explainMode, explainSignIn } from './explain.ts'

type NextQuestionProps = Pick<Page, 'asking' | 'config' | 'conversation' | 'session' | 'status'>

/** Under the composer: why a question was not sent, and how the next one will be answered. */
export function NextQuestion({ asking, config, conversation, session, status }: NextQuestionProps) {
  const [mode, flow] = [conversation.mode.value, conversation.flow.value]
  const isSignInDue = asking.isSignInDue.value
  const unsent = isSignInDue && asking.unsent.value
  // Computed, so that the line is not rendered again for every word of an answer.
  const history = useComputed(() => {
    const earlier = conversation.exchanges.value.map(({ value }) => value)
    return explainHistory(conversation.flow.value, conversation.mode.value, earlier)
  }).value
  const waits = useComputed(() => conversation.exchanges.value.some(({ value }) => value.pause)).value
  const explanation = [
    explainFlow(flow, session.available),
    isSignInDue ? explainSignIn(flow, session.signingIn.value) : '',
    isSignInDue && mode === 'direct' ? '' : explainMode(mode, config, status.value),
    history,
  ]
  return (
    <>
      {unsent && (
        <p class="note" role="alert">
          <b>{unsent.title}</b> {unsent.detail} {unsent.hint} Your question is still here.{' '}
          <code>{unsent.code}</code>
        </p>
      )}
      <p class="fine" id="next-question">
        {waits
          ? 'A call waits for you. If you ask something else, it is not sent.'
          : explanation.filter(Boolean).join(' ')}
      </p>
    </>
  )
}
