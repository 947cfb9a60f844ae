import type { BlueprintCredential, LogIds } from '@entra-agents/trace'
import type { Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Button } from '../controls/button.tsx'
import { CopyButton } from '../controls/copy-button.tsx'
import type { Formula } from '../identity/formula.ts'
import { FormulaView, Marks } from '../identity/formula-view.tsx'
import { usedRights, type Verdict } from '../identity/verdict.ts'
import { FourAnswers, VerdictLine } from '../identity/verdict-view.tsx'
import { shortenIds } from '../words/names.ts'
import { EntraSaw, type LogLinks, TraceLink } from './log-links.tsx'
import { tellStory } from './story.ts'
import { TokenCardView, type TokenContext } from './token-card.tsx'
import type { TraceView } from './trace-view.ts'
import { tokenKey } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'
import { useReplay } from './use-replay.ts'
import { writeFormulas } from './write-formula.ts'

interface VerdictCardProps {
  readonly facts: TurnFacts
  readonly verdict: Verdict
  readonly links: LogLinks
  readonly view: TraceView
  readonly context: TokenContext
  readonly credential: BlueprintCredential | undefined
  /** Whether the answer is complete, so that its exchange can be played. */
  readonly isFinished: boolean
  /** Tells whether the exchange is to be played by itself, once. */
  readonly takeUnplayed: () => boolean
  /** Whether the four answers are scrolled out of view. */
  readonly isPast: Signal<boolean>
}

/** Who called, for whom, by which right, allowed by whom; then how that came about, as fully as the view has room for. */
export function VerdictCard(props: VerdictCardProps) {
  const { facts, verdict, view, context, isFinished, takeUnplayed, isPast } = props
  const shown = view.view.value
  const card = useRef<HTMLElement>(null)
  const canPlay = isFinished && shown === 'steps' && facts.uses.length > 0
  const { isPlaying, play } = useReplay(card, canPlay, takeUnplayed)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      const top = card.current?.parentElement?.getBoundingClientRect().top ?? 0
      isPast.value = entry !== undefined && !entry.isIntersecting && entry.boundingClientRect.top < top
    })
    const strip = card.current?.querySelector('.strip')
    if (strip) observer.observe(strip)
    return () => observer.disconnect()
  }, [isPast])
  const story = tellStory(facts, context.names)
  return (
    <section
      class={`card frame verdict-box ${isPlaying.value ? 'play' : ''}`}
      aria-label="Verdict"
      ref={card}
    >
      <VerdictLine {...verdict}>
        {canPlay && (
          <Button class="button quiet replay" onClick={play} icon="play">
            Replay
          </Button>
        )}
      </VerdictLine>
      <FourAnswers answers={verdict.answers} />
      {shown === 'steps' && (
        <div class="below stack rule">
          <Formulas {...props} />
          {story !== '' && <p class="tale t2">{story}</p>}
          <TurnIds {...props} />
        </div>
      )}
    </section>
  )
}

/** More exchanges than this are told in one line per API. */
const mostFormulas = 3

function Formulas({ facts, verdict, links, view, context, credential }: VerdictCardProps) {
  const formulas = writeFormulas(facts, context.names)
  const plates = formulas.flatMap(({ terms, result }) => [...terms, result])
  const open = plates.find(({ card }) => card && tokenKey(card) === view.openToken.value)?.card
  const close = () => {
    const plate = document.querySelector<HTMLElement>('.plate[aria-expanded=true]')
    view.openToken.value = undefined
    plate?.focus()
  }
  return (
    <section
      class="formulas stack"
      aria-label="Exchange"
      onKeyDown={event => {
        if (event.key !== 'Escape' || !open) return
        event.stopPropagation()
        close()
      }}
    >
      {formulas.length > mostFormulas ? (
        <ExchangesByApi formulas={formulas} />
      ) : (
        formulas.map((formula, index) => (
          <FormulaView
            key={formula.result.card?.fingerprint ?? index}
            formula={formula}
            // A formula after the last TR is about a call that waits.
            link={index === Math.max(0, facts.uses.length - 1) && <EntraSaw links={links} facts={facts} />}
            onOpen={({ card }) => card && view.toggleToken(card)}
            isOpen={({ card }) => card !== undefined && tokenKey(card) === view.openToken.value}
          />
        ))
      )}
      {open && (
        <TokenCardView
          card={open}
          context={context}
          credential={credentialWords[credential ?? 'unknown']}
          used={usedRights(verdict)}
          onClose={close}
        />
      )}
    </section>
  )
}

function ExchangesByApi({ formulas }: { readonly formulas: readonly Formula[] }) {
  const byApi = Map.groupBy(formulas, ({ gate: { title, line } }) => `${title} ${line}`)
  return [...byApi.values()].map(([first, ...others]) =>
    first ? (
      <p key={first.gate.title} class="brief-exchange line fine">
        <Marks terms={first.terms} /> {others.length > 0 && `× ${others.length + 1}`}
        <span class="end">
          <b>{first.gate.title}</b> {first.gate.line}
        </span>
      </p>
    ) : null,
  )
}

const credentialWords: Readonly<Record<BlueprintCredential, string>> = {
  secret: ' (configured: a client secret)',
  certificate: ' (configured: a certificate)',
  federated: ' (configured: a federated credential)',
  unknown: '',
}

/** The ids for finding the turn in logs and in OpenTelemetry traces. */
function TurnIds({ facts: { steps }, links }: Pick<VerdictCardProps, 'facts' | 'links'>) {
  const logIds: LogIds = Object.assign({}, ...steps.map(step => step.logIds ?? {}))
  const ids = [
    ['token id', logIds.tokenId],
    ['correlation id', logIds.correlationId],
    ['trace id', links.turn?.traceId],
  ] as const
  const known = ids.flatMap(([name, id]) => (id === undefined ? [] : [[name, id] as const]))
  if (known.length === 0) return null
  return (
    <div class="ids line fine rule">
      {known.map(([name, id]) => (
        <span key={name} class="row">
          {name}{' '}
          <code class="ink" title={id}>
            {shortenIds(id)}
          </code>
          <CopyButton label={`Copy the ${name}`} text={() => id} />
        </span>
      ))}
      <TraceLink links={links} logIds={logIds} />
    </div>
  )
}
