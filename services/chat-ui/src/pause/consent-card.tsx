import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { capitalise } from '@entra-agents/trace-view/words/names'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { apisOfPause, type CardButton, CardFrame, type PauseCardProps } from './card-frame.tsx'
import { retryStateOf, retryUntilConsented } from './consent-wait.ts'
import { isTenantAddress, listenForConsent } from './consent-window.ts'
import { Disclosure } from './disclosure.tsx'
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
  const openAct: CardButton = {
    label: state.value === 'asked' ? 'Review and consent' : 'Open the window again',
    opensWindow: true,
    onPress: open,
  }
  const doneAct: CardButton = { label: 'Done, try again', role: 'main', onPress: goOn }
  const whatFor = pause.calls
    .map(({ title, tool }) => (title === tool ? title : `${title} (${tool})`))
    .join(', ')
  return (
    <CardFrame
      card={card}
      title={`${capitalise(names.agent)} needs your consent`}
      waitsFor={retryState === 'settling' && 'Waiting until your consent takes effect…'}
      acts={
        retryState === 'settling'
          ? []
          : [
              { label: 'Don’t consent', role: 'refuse', onPress: () => onDecide(() => 'deny') },
              ...actsOfWindow(canOpen, isOpen || retryState === 'unknown', openAct, doneAct),
            ]
      }
    >
      <p class="says">
        Let <strong>{names.agent}</strong> use{' '}
        <strong>
          <UnformattedText text={consent.scopes.map(({ value }) => value).join(', ')} />
        </strong>{' '}
        at {apisOfPause(card)} <strong>for you</strong>?
      </p>
      <p class="note">
        It needs this for: <UnformattedText text={whatFor} />. If you did not ask for it, don’t consent: a
        text that the agent has read may have led to it.
      </p>
      <ul class="note">
        {consent.scopes.map(({ value, text }) => (
          <li key={value}>
            <code>
              <UnformattedText text={value} />
            </code>{' '}
            <UnformattedText text={text} />
          </li>
        ))}
      </ul>
      <p class="note" role="status">
        {tellState(retryState === 'unknown' ? retryState : canOpen ? state.value : 'failed', error.value)}
      </p>
      {isTenantAddress(consent.adminUrl, config) && (
        <AdministratorAddress
          address={consent.adminUrl}
          isOpen={state.value === 'failed' || state.value === 'refused'}
        />
      )}
    </CardFrame>
  )
}

/** Before the window was opened, opening it is the main thing to do; then, to go on. */
function actsOfWindow(
  canOpen: boolean,
  mayBeDone: boolean,
  open: CardButton,
  done: CardButton,
): CardButton[] {
  if (!canOpen) return mayBeDone ? [done] : []
  return mayBeDone ? [open, done] : [{ ...open, role: 'main' }]
}

function AdministratorAddress({ address, isOpen }: { readonly address: string; readonly isOpen: boolean }) {
  return (
    <Disclosure title="You may not consent yourself?" isOpen={isOpen}>
      <div class="note stack">
        <p>
          Send this address to an administrator, who can consent for all users. Then press the button again.
        </p>
        <code>{address}</code>
        <div class="acts line gap-2">
          <CopyButton label="Copy the address" text={() => address} worded />
        </div>
      </div>
    </Disclosure>
  )
}

function tellState(state: ConsentState, error: string): string {
  const words: Readonly<Record<ConsentState, string>> = {
    asked:
      'Entra ID knows no consent for this yet. You give it once, in Entra ID’s own window, and can take it back there. Then your question goes on.',
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
