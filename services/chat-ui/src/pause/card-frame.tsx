import type { AskedCall, Decision, Pause } from '@entra-agents/trace'
import { useNow } from '@entra-agents/trace-view/browser/now'
import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { FailureCode } from '@entra-agents/trace-view/controls/failure-code'
import { KeepFocus } from '@entra-agents/trace-view/controls/keep-focus'
import { formatClock } from '@entra-agents/trace-view/words/times'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import './pause-card.css'

const countdownTickMs = 500

export type Decide = (call: AskedCall) => Decision['decision']

export interface PauseCardProps extends Pick<Page, 'session' | 'config' | 'names'> {
  /** Each pause needs a card of its own (`key`). */
  readonly pause: Pause
  /** Why the turn could not go on. */
  readonly problem: PageProblem | undefined
  /** The decisions that the page has sent, if no answer came. */
  readonly sent?: readonly Decision[]
  /** How far the agent's clock is ahead of the browser's. */
  readonly clockAheadMs?: number
  /** Continues the turn as the user has decided, and returns what the turn then waits for. */
  readonly onDecide: (decide: Decide) => Promise<Pause | undefined>
  /** Called when the time to decide is over. */
  readonly onExpire: () => void
}

/** A button of a card. It ignores clicks in its first half second: they were meant for what was shown there before. */
interface CardButton {
  readonly label: string
  readonly isPrimary?: boolean
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
function scrollToCard(heading: HTMLElement | null): void {
  const card = heading?.closest('.pause-card')
  const log = heading?.closest('.log')
  if (!card || !log) return
  if (card.clientHeight < log.clientHeight) log.scrollTo({ top: log.scrollHeight })
  else card.scrollIntoView({ block: 'start' })
}

/**
 * The frame of all cards: a heading (it gets the focus), what is to be decided, the buttons, and the remaining time by the
 * agent's clock.
 */
export function CardFrame(props: CardFrameProps) {
  const { card, title, problem = card.problem, children, waitsFor, acts } = props
  const { pause, clockAheadMs = 0, onExpire } = card
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const canPress = useSettled(true, { isNew: true })
  const leftMs = Date.parse(pause.expiresAt) - useNow(countdownTickMs).value - clockAheadMs
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  useEffect(() => {
    // The heading does not take the focus from a user who is writing.
    const isWriting =
      document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== ''
    if (!isWriting) heading.current?.focus({ preventScroll: true })
    scrollToCard(heading.current)
  }, [])
  useEffect(() => {
    if (seconds === 0) onExpire()
  }, [seconds, onExpire])
  return (
    <section class="note-card pause-card stack" data-kind="wait" aria-labelledby={id}>
      <h3 id={id} tabIndex={-1} ref={heading} dir="auto">
        {title}
      </h3>
      {children}
      <div role="alert">
        {problem && (
          <p>
            <strong>{problem.title}</strong> {problem.hint} <FailureCode code={problem.code} />
          </p>
        )}
      </div>
      <KeepFocus class="acts line">
        {waitsFor && <span role="status">{waitsFor}</span>}
        {acts.map(({ label, isPrimary = false, isDisabled = false, onPress }) => (
          <button
            key={label}
            type="button"
            class={isPrimary ? 'button primary' : 'button'}
            aria-disabled={isDisabled || !canPress}
            onClick={() => {
              if (canPress && !isDisabled) void onPress()
            }}
          >
            {label}
          </button>
        ))}
        <span>{formatClock(seconds)} left, then nothing happens</span>
      </KeepFocus>
    </section>
  )
}
