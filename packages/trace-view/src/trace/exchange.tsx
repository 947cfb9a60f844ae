import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { lazy } from '../browser/lazy.tsx'
import { CopyButton } from '../controls/copy-button.tsx'
import type { Formula } from '../identity/formula.ts'
import { FormulaView, Marks } from '../identity/formula-view.tsx'
import { shortenIds } from '../words/names.ts'
import { EntraSaw, TraceLink } from './log-links.tsx'
import { tellStory } from './story.ts'
import { useTrace } from './trace-context.ts'
import { tokenKey } from './traced-answer.ts'
import { logIdsOf } from './turn-facts.ts'
import { type Play, useReplay } from './use-replay.ts'
import { writeFormulas } from './write-formula.ts'

const TokenCardView = lazy(async () => (await import('./token-card.tsx')).TokenCardView)

interface ExchangeProps {
  readonly card: RefObject<HTMLElement | null>
  readonly play: Play
  readonly canPlay: boolean
  /** Tells whether the exchange is to be played by itself, once, and notes that it is now. */
  readonly takeUnplayed: () => boolean
}

/** How the verdict came about: the exchange as a formula and in words, and the ids by which it is found in logs. */
export function Exchange({ card, play, canPlay, takeUnplayed }: ExchangeProps) {
  const { facts, names } = useTrace()
  const box = useRef<HTMLDivElement>(null)
  const story = tellStory(facts, names)
  useReplay(card, play, canPlay)
  useEffect(() => {
    const formula = box.current?.querySelector('.formula')
    if (!canPlay || !formula) return
    const observer = new IntersectionObserver(entries => {
      if (entries.some(({ isIntersecting }) => isIntersecting) && takeUnplayed()) play.value = 'asked'
    })
    observer.observe(formula)
    return () => observer.disconnect()
  }, [canPlay])
  return (
    <div class="below stack rule" ref={box}>
      <Formulas />
      {story !== '' && <p class="column t2">{story}</p>}
      <TurnIds />
    </div>
  )
}

/** More exchanges than this are told in one line per API. */
const mostFormulas = 3

function Formulas() {
  const { facts, view, names } = useTrace()
  const box = useRef<HTMLElement>(null)
  const formulas = writeFormulas(facts, names)
  const plates = formulas.flatMap(({ terms, result }) => [...terms, result])
  const open = plates.find(({ card }) => card && tokenKey(card) === view.openToken.value)?.card
  const close = () => {
    const plate = box.current?.querySelector<HTMLElement>('.plate[aria-expanded=true]')
    view.openToken.value = undefined
    plate?.focus()
  }
  return (
    <section
      class="formulas stack"
      aria-label="Exchange"
      ref={box}
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
            link={index === Math.max(0, facts.uses.length - 1) && <EntraSaw />}
            onOpen={({ card }) => card && view.toggleToken(card)}
            isOpen={({ card }) => card !== undefined && tokenKey(card) === view.openToken.value}
          />
        ))
      )}
      {open && <TokenCardView card={open} onClose={close} />}
    </section>
  )
}

function ExchangesByApi({ formulas }: { readonly formulas: readonly Formula[] }) {
  const byApi = Map.groupBy(formulas, ({ gate: { title, line } }) => `${title} ${line}`)
  return [...byApi.values()].map(([first, ...others]) =>
    first ? (
      <p key={first.gate.title} class="brief-exchange line fine paper">
        <Marks terms={first.terms} /> {others.length > 0 && `× ${others.length + 1}`}
        <span class="end">
          <b>{first.gate.title}</b> {first.gate.line}
        </span>
      </p>
    ) : null,
  )
}

/** The ids for finding the turn in logs and in OpenTelemetry traces. */
function TurnIds() {
  const { facts, links } = useTrace()
  const { tokenId, correlationId } = logIdsOf(facts)
  const ids = { 'token id': tokenId, 'correlation id': correlationId, 'trace id': links.turn?.traceId }
  const known = Object.entries(ids).flatMap(([name, id]) => (id === undefined ? [] : [{ name, id }]))
  if (known.length === 0) return null
  return (
    <div class="ids line fine rule">
      {known.map(({ name, id }) => (
        <span key={name} class="row">
          {name}{' '}
          <code class="ink" title={id}>
            {shortenIds(id)}
          </code>
          <CopyButton label={`Copy the ${name}`} text={() => id} />
        </span>
      ))}
      <TraceLink />
    </div>
  )
}
