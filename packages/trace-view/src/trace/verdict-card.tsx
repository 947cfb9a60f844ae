import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { lazy } from '../browser/lazy.tsx'
import { set } from '../browser/set.ts'
import { Button } from '../controls/button.tsx'
import { Drawing } from '../controls/icon.tsx'
import { FourAnswers, VerdictLine } from '../identity/verdict-view.tsx'
import { useTrace } from './trace-context.ts'
import type { Play } from './use-replay.ts'

const Exchange = lazy(async () => (await import('./exchange.tsx')).Exchange)

interface VerdictCardProps {
  /** Whether the answer is complete, so that its exchange can be played. */
  readonly isFinished: boolean
  /** Tells whether the exchange is to be played by itself, once, and notes that it is now. */
  readonly takeUnplayed: () => boolean
  /** Whether the four answers are scrolled out of view. */
  readonly isPast: Signal<boolean>
}

/** Who called, for whom, by which right, allowed by whom; then how that came about, as fully as the view has room for. */
export function VerdictCard({ isFinished, takeUnplayed, isPast }: VerdictCardProps) {
  const { facts, verdict, view } = useTrace()
  const shown = view.view.value
  const card = useRef<HTMLElement>(null)
  const canPlay = isFinished && shown === 'steps' && facts.uses.length > 0
  const play: Play = useSignal('no')
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      const top = card.current?.parentElement?.getBoundingClientRect().top ?? 0
      isPast.value = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < top
    })
    const strip = card.current?.querySelector('.strip')
    if (strip) observer.observe(strip)
    return () => observer.disconnect()
  }, [isPast])
  return (
    <section
      class={`card frame verdict-box ${play.value === 'now' ? 'play' : ''}`}
      aria-label="Verdict"
      ref={card}
    >
      <VerdictLine {...verdict}>
        {canPlay && (
          <Button class="button quiet replay" onClick={() => set(play, 'asked')}>
            <Drawing strokes="M5 3.2v9.6L12.6 8z" />
            Replay
          </Button>
        )}
      </VerdictLine>
      <FourAnswers answers={verdict.answers} />
      {shown === 'steps' && (
        <Exchange card={card} play={play} canPlay={canPlay} takeUnplayed={takeUnplayed} />
      )}
    </section>
  )
}
