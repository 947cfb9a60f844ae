import type { AskedCall, Decision, Pause } from '@entra-agents/trace'
import { useNow } from '@entra-agents/trace-view/browser/now'
import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { Button } from '@entra-agents/trace-view/controls/button'
import { FailureCode } from '@entra-agents/trace-view/controls/failure-code'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { KeepFocus } from '@entra-agents/trace-view/controls/keep-focus'
import { count, formatClock } from '@entra-agents/trace-view/words/times'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'

export type Decide = (call: AskedCall) => Decision['decision']

export interface PauseCardProps extends Pick<Page, 'session' | 'config' | 'names'> {
  /** Each pause needs a card of its own (`key`). */
  readonly pause: Pause
  /** What the user has written in this conversation. */
  readonly messages: readonly string[]
  /** Why the turn could not go on. */
  readonly problem: PageProblem | undefined
  /** The decisions that the page has sent, if no answer came. */
  readonly sent?: readonly Decision[]
  /** How many milliseconds the agent's clock is ahead of the browser's. */
  readonly clockAheadMs?: number
  /** Continues the turn as the user has decided, and returns what the turn then waits for. */
  readonly onDecide: (decide: Decide) => Promise<Pause | undefined>
  /** Called when the time to decide is over. */
  readonly onExpire: () => void
}

/** A button of a card. It ignores clicks and keys in its first half second: they were meant for what was shown there before. */
export interface CardButton {
  readonly label: string
  /** The main button, also pressed by Ctrl or ⌘ with Enter; the one that refuses, also by Esc. */
  readonly role?: 'main' | 'refuse'
  readonly opensWindow?: boolean
  readonly isDisabled?: boolean
  readonly onPress: () => unknown
}

interface CardFrameProps {
  readonly card: PauseCardProps
  readonly title: string
  /** A problem to show in place of `card.problem`. */
  readonly problem?: PageProblem | undefined
  readonly children: ComponentChildren
  /** What the card waits for, shown beside the buttons. */
  readonly waitsFor?: string | false
  readonly acts: readonly CardButton[]
}

/** The APIs that the calls go to, by their names for people. */
export function apisOfPause({ pause, names }: PauseCardProps): string {
  return [...new Set(pause.calls.map(({ api }) => names.actor(api)))].join(', ')
}

/** Scrolls to the end of the answer, where the buttons are, or to the card's beginning if the card is too high. */
function scrollToCard(card: HTMLElement | null): void {
  const log = card?.closest('.log')
  if (!card || !log) return
  if (card.clientHeight < log.clientHeight) log.scrollTo({ top: log.scrollHeight })
  else card.scrollIntoView({ block: 'start' })
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)
const keys = {
  main: { hint: isApple ? '⌘ Enter' : 'Ctrl Enter', names: 'Control+Enter Meta+Enter' },
  refuse: { hint: 'Esc', names: 'Escape' },
} as const

/** The button that a key presses. A key that is held down presses nothing: it may have been meant for what was here before. */
function roleOfKey({ key, ctrlKey, metaKey, shiftKey, altKey, isComposing, repeat }: KeyboardEvent) {
  if (shiftKey || altKey || isComposing || repeat) return undefined
  if (key === 'Enter' && (ctrlKey || metaKey)) return 'main'
  return key === 'Escape' ? 'refuse' : undefined
}

/**
 * The frame of all cards that ask: who asks, in the head with the remaining time by the agent's clock; what is to be decided;
 * the buttons. The card itself gets the focus, and leaves it to the log.
 */
export function CardFrame(props: CardFrameProps) {
  const { card, title, problem = card.problem, children, waitsFor, acts } = props
  const { pause, clockAheadMs = 0, onExpire } = card
  const id = useId()
  const frame = useRef<HTMLElement>(null)
  const canPress = useSettled(true, { isNew: true })
  const leftMs = Date.parse(pause.expiresAt) - useNow(1000).value - clockAheadMs
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  const atFirst = useRef(seconds)
  useEffect(() => {
    // The card does not take the focus from a user who is writing.
    const isWriting =
      document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== ''
    if (!isWriting) frame.current?.focus({ preventScroll: true })
    scrollToCard(frame.current)
    const log = frame.current?.closest<HTMLElement>('.log')
    return () => {
      if (document.activeElement === document.body) log?.focus({ preventScroll: true })
    }
  }, [])
  useEffect(() => {
    if (seconds === 0) onExpire()
  }, [seconds, onExpire])
  const press = ({ isDisabled, onPress }: CardButton) => {
    if (canPress && !isDisabled) void onPress()
  }
  return (
    <section
      class="note-card pause-card"
      data-kind="wait"
      aria-labelledby={id}
      aria-describedby={`${id}-asked`}
      tabIndex={-1}
      ref={frame}
      onKeyDown={event => {
        const pressed = roleOfKey(event)
        const act = pressed && acts.find(({ role }) => role === pressed)
        if (!act) return
        event.preventDefault()
        event.stopPropagation()
        press(act)
      }}
    >
      <header class="ends tone">
        <Icon name="wait" />
        <h3 id={id} dir="auto">
          {title}
        </h3>
        <span class="end nums t1 nowrap" role="timer">
          <span aria-hidden="true">{formatClock(seconds)} left</span>
          <span class="visually-hidden">
            {count(Math.floor(seconds / 60), 'minute')} {count(seconds % 60, 'second')} left, then nothing
            happens
          </span>
        </span>
      </header>
      <div class="stack" id={`${id}-asked`}>
        {children}
      </div>
      <div role="alert">
        {problem && (
          <p>
            <strong>{spellOutDirections(problem.title)}</strong> {spellOutDirections(problem.hint)}{' '}
            <FailureCode code={problem.code} />
          </p>
        )}
      </div>
      <KeepFocus class="acts line gap-2">
        {waitsFor && <span role="status">{waitsFor}</span>}
        {acts.map(act => (
          <Button
            key={act.label}
            class={act.role === 'main' ? 'button primary' : 'button'}
            aria-disabled={act.isDisabled || !canPress}
            aria-keyshortcuts={act.role && keys[act.role].names}
            onClick={() => press(act)}
          >
            {act.label}
            {act.opensWindow ? (
              <Icon name="out" />
            ) : (
              act.role && (
                <span class="row" aria-hidden="true">
                  <kbd>{keys[act.role].hint}</kbd>
                </span>
              )
            )}
          </Button>
        ))}
      </KeepFocus>
      <svg class="countdown wide" height="2" fill="var(--tone)" aria-hidden="true">
        <rect width={`${(100 * seconds) / Math.max(1, atFirst.current)}%`} height="2" />
      </svg>
    </section>
  )
}
