import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { CopyButton } from '../controls/copy-button.tsx'
import { KeepFocus } from '../controls/keep-focus.tsx'
import { capitalise } from '../words/names.ts'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'
import { howFar, retryUntilConsented } from './consent-wait.ts'
import { hearConsent, isOfAuthority, openConsentWindow } from './consent-window.ts'
import { useGrace } from './grace.ts'
import { ShownText } from './shown-text.tsx'

type State = 'asked' | 'open' | 'silent' | 'blocked' | 'refused' | 'failed'

/** After this time without an answer from the window the card says so. */
const silenceMs = 5 * 60_000

/**
 * Asks the user to consent to what the agent may do for them. Whether they have is shown only by the call, which is then tried
 * again.
 */
export function ConsentCard(card: PauseCardProps) {
  const { pause, config, names, onDecide } = card
  const { consent } = pause
  const canPress = useGrace()
  const state = useSignal<State>('asked')
  const error = useSignal('')
  const far = howFar(pause)
  const goOn = () => void retryUntilConsented(pause, onDecide)
  useEffect(() => {
    if (!consent) return
    return hearConsent(consent.state, answer => {
      error.value = answer.error ?? ''
      if (answer.error === undefined) goOn()
      else state.value = answer.error === 'access_denied' ? 'refused' : 'failed'
    })
  }, [consent?.state])
  useEffect(() => {
    if (state.value !== 'open') return
    const timer = setTimeout(() => {
      state.value = 'silent'
    }, silenceMs)
    return () => clearTimeout(timer)
  }, [state.value])
  if (!consent) return null
  const canOpen = isOfAuthority(consent.url, config)
  const open = () => {
    if (canPress) state.value = openConsentWindow(consent.url) ? 'open' : 'blocked'
  }
  const isOpen = state.value === 'open' || state.value === 'silent'
  const apis = [...new Set(pause.calls.map(({ api }) => names.actor(api)))].join(', ')
  const whatFor = pause.calls.map(({ title }) => title).join(', ')
  return (
    <CardFrame
      card={card}
      title={`Let ${names.agent} use ${apis} for you?`}
      acts={
        far === 'settling' ? (
          <span role="status">Waiting until your consent takes effect…</span>
        ) : (
          <KeepFocus class="acts line">
            {canOpen && (
              <button
                type="button"
                class={isOpen ? 'button' : 'button primary'}
                aria-disabled={!canPress}
                onClick={open}
              >
                {state.value === 'asked' ? 'Review and consent' : 'Open the window again'}
              </button>
            )}
            {(isOpen || far === 'unknown') && (
              <button type="button" class="button primary" onClick={goOn}>
                Done, try again
              </button>
            )}
            <button
              type="button"
              class="button"
              aria-disabled={!canPress}
              onClick={() => {
                if (canPress) void onDecide(() => 'deny')
              }}
            >
              Don’t consent
            </button>
          </KeepFocus>
        )
      }
    >
      <p>
        {capitalise(names.agent)} may not do this for you yet: {whatFor}. It asks for
      </p>
      <ul>
        {consent.scopes.map(({ value, text }) => (
          <li key={value}>
            <code>
              <ShownText text={value} />
            </code>{' '}
            <ShownText text={text} />
          </li>
        ))}
      </ul>
      <p role="status">
        {tellState(canOpen ? state.value : 'failed', canOpen ? error.value : 'unknown address', far)}
      </p>
      <Administrator
        pause={pause}
        config={config}
        isDue={state.value === 'failed' || state.value === 'refused'}
      />
    </CardFrame>
  )
}

function tellState(state: State, error: string, far: ReturnType<typeof howFar>): string {
  if (far === 'unknown')
    return 'Entra ID does not know of your consent yet. Wait a little and try again, or look whether the window showed an error.'
  switch (state) {
    case 'asked':
      return 'A window of Entra ID opens. Then the call goes on.'
    case 'open':
      return 'Answer in the window. The call then goes on by itself.'
    case 'silent':
      return 'Nothing has come from the window. If you have consented, try again.'
    case 'blocked':
      return 'The browser blocked the window. Allow pop-ups for this page, or simply press the button again.'
    case 'refused':
      return 'You declined. Nothing was sent. You can still consent, or an administrator can.'
    case 'failed':
      return `Entra ID takes no consent here (${error}). An administrator can consent for you.`
  }
}

interface AdministratorProps extends Pick<PauseCardProps, 'pause' | 'config'> {
  readonly isDue: boolean
}

/** For those who may not consent themselves. */
function Administrator({ pause: { consent }, config, isDue }: AdministratorProps) {
  if (!consent || !isOfAuthority(consent.adminUrl, config)) return null
  return (
    <details open={isDue}>
      <summary>You may not consent yourself?</summary>
      <p>
        Send this address to an administrator, who can consent for all users. Then press the button again.
      </p>
      <p>
        <code>{consent.adminUrl}</code>
      </p>
      <CopyButton label="Copy the address" text={() => consent.adminUrl} worded />
    </details>
  )
}
