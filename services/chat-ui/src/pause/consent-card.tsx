import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { capitalise } from '@entra-agents/trace-view/words/names'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { apisOfPause, CardFrame, type PauseCardProps } from './card-frame.tsx'
import { retryStateOf, retryUntilConsented } from './consent-wait.ts'
import { isTenantAddress, listenForConsent } from './consent-window.ts'
import { UnformattedText } from './unformatted-text.tsx'

type ConsentState = 'asked' | 'open' | 'silent' | 'blocked' | 'refused' | 'failed' | 'unknown'

/** After this time the card says that the window has not answered. */
const windowSilenceMs = 5 * 60_000

/**
 * Asks the user to consent to what the agent may do for them. Only the call, which is then tried again, shows whether they have
 * consented.
 */
export function ConsentCard(card: PauseCardProps) {
  const { pause, config, names, onDecide } = card
  const { consent } = pause
  const state = useSignal<ConsentState>('asked')
  const error = useSignal('unknown address')
  const retryState = retryStateOf(pause)
  const goOn = () => retryUntilConsented(pause, onDecide)
  useEffect(() => {
    if (!consent) return
    return listenForConsent(consent.state, code => {
      if (code === undefined) void goOn()
      else {
        error.value = code
        state.value = code === 'access_denied' ? 'refused' : 'failed'
      }
    })
  }, [consent?.state])
  useEffect(() => {
    if (state.value !== 'open') return
    const timer = setTimeout(() => {
      state.value = 'silent'
    }, windowSilenceMs)
    return () => clearTimeout(timer)
  }, [state.value])
  if (!consent) return null
  const open = () => {
    const popup = window.open(consent.url, 'consent', 'popup,width=520,height=680')
    state.value = popup ? 'open' : 'blocked'
  }
  const canOpen = isTenantAddress(consent.url, config)
  const isOpen = state.value === 'open' || state.value === 'silent'
  const windowAct = {
    label: state.value === 'asked' ? 'Review and consent' : 'Open the window again',
    isPrimary: !isOpen,
    onPress: open,
  }
  const isDone = { label: 'Done, try again', isPrimary: true, onPress: goOn }
  const whatFor = pause.calls
    .map(({ title, tool }) => (title === tool ? title : `${title} (${tool})`))
    .join(', ')
  return (
    <CardFrame
      card={card}
      title={`Let ${names.agent} use ${apisOfPause(card)} for you?`}
      waitsFor={retryState === 'settling' && 'Waiting until your consent takes effect…'}
      acts={
        retryState === 'settling'
          ? []
          : [
              ...(canOpen ? [windowAct] : []),
              ...(isOpen || retryState === 'unknown' ? [isDone] : []),
              { label: 'Don’t consent', onPress: () => onDecide(() => 'deny') },
            ]
      }
    >
      <p>
        {capitalise(names.agent)} may not do this for you yet: <UnformattedText text={whatFor} />. If you did
        not ask for it, don’t consent: a text that the agent has read may have led to it. It asks for
      </p>
      <ul>
        {consent.scopes.map(({ value, text }) => (
          <li key={value}>
            <code>
              <UnformattedText text={value} />
            </code>{' '}
            <UnformattedText text={text} />
          </li>
        ))}
      </ul>
      <p role="status">
        {tellState(retryState === 'unknown' ? retryState : canOpen ? state.value : 'failed', error.value)}
      </p>
      {isTenantAddress(consent.adminUrl, config) && (
        <details open={state.value === 'failed' || state.value === 'refused'}>
          <summary>You may not consent yourself?</summary>
          <p>
            Send this address to an administrator, who can consent for all users. Then press the button again.
          </p>
          <p>
            <code>{consent.adminUrl}</code>
          </p>
          <CopyButton label="Copy the address" text={() => consent.adminUrl} worded />
        </details>
      )}
    </CardFrame>
  )
}

function tellState(state: ConsentState, error: string): string {
  const words: Readonly<Record<ConsentState, string>> = {
    asked: 'A window of Entra ID opens. Then the call goes on.',
    open: 'Answer in the window. The call then goes on by itself.',
    silent: 'Nothing has come from the window. If you have consented, try again.',
    blocked: 'The browser blocked the window. Allow pop-ups for this page, or simply press the button again.',
    refused: 'You declined. Nothing was sent. You can still consent, or an administrator can.',
    failed: `Entra ID takes no consent here (${error}). An administrator can consent for you.`,
    unknown:
      'Entra ID does not know of your consent yet. Wait a little and try again, or look whether the window showed an error.',
  }
  return words[state]
}
