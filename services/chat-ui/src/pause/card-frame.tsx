import type { AskedCall, Decision, Pause, PublicConfig } from '@entra-bedrock-agent/identity-trace'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { PageProblem } from '../agent/page-problem.ts'
import { FailureCode } from '../controls/failure-code.tsx'
import type { Session } from '../sign-in/session.ts'
import type { Names } from '../words/names.ts'
import { formatClock } from '../words/times.ts'
import { useSecondsLeft } from './time-left.ts'
import './pause-card.css'

export type Decide = (call: AskedCall) => Decision['decision']

export interface PauseCardProps {
  /** Another one needs another card (`key`). */
  readonly pause: Pause
  /** Why it could not go on. */
  readonly problem: PageProblem | undefined
  /** What was decided, where no answer came. */
  readonly sent: readonly Decision[] | undefined
  /** How far the agent's clock is ahead of the browser's. */
  readonly clockAheadMs: number
  readonly names: Names
  readonly session: Session
  readonly config: PublicConfig
  /** Goes on as the user has decided, and tells what the turn then waits for. */
  readonly onDecide: (decide: Decide) => Promise<Pause | undefined>
  /** The time to decide is over. */
  readonly onExpire: () => void
}

interface CardFrameProps {
  readonly card: PauseCardProps
  readonly title: string
  /** A problem to show instead of the card's. */
  readonly problem?: PageProblem | undefined
  readonly children: ComponentChildren
  readonly acts: ComponentChildren
}

/** Scrolls to the end of the answer, where the buttons are; where the card is too high for that, to its beginning. */
function showWhole(heading: HTMLElement | null): void {
  const card = heading?.closest('.pause-card')
  const log = heading?.closest('.log')
  if (!card || !log) return
  if (card.clientHeight < log.clientHeight) log.scrollTo({ top: log.scrollHeight })
  else card.scrollIntoView({ block: 'start' })
}

/** The frame of all cards: a heading, which gets the focus, what is to be decided, the buttons, and the time that is left. */
export function CardFrame({ card, title, problem = card.problem, children, acts }: CardFrameProps) {
  const { pause, clockAheadMs, onExpire } = card
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  const seconds = useSecondsLeft(pause.expiresAt, clockAheadMs)
  useEffect(() => {
    // Takes the focus from nobody who is writing.
    const isWriting =
      document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== ''
    if (!isWriting) heading.current?.focus({ preventScroll: true })
    showWhole(heading.current)
  }, [])
  useEffect(() => {
    if (seconds === 0) onExpire()
  }, [seconds, onExpire])
  return (
    <section class="note-card pause-card stack" data-kind="wait" aria-labelledby={id}>
      <h3 id={id} tabIndex={-1} ref={heading}>
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
      <div class="acts line">
        {acts}
        <span>{formatClock(seconds)} left, then nothing happens</span>
      </div>
    </section>
  )
}
