import type { ComponentChildren } from 'preact'
import { Button } from '../controls/button.tsx'
import { Icon } from '../controls/icon.tsx'
import { formatTime } from '../words/times.ts'
import { type ApiGate, type FirstTry, type Formula, type TokenPlate, tellFormula } from './formula.ts'
import { TokenMark } from './token-mark.tsx'
import { outcomeIcons } from './verdict-view.tsx'
import '../styles/formula.css'

interface FormulaViewProps {
  readonly formula: Formula
  /** Whether the presenter view shows the formula: whole, and without its legend, which would be too small to read. */
  readonly isPresented?: boolean
  /** Follows the legend. */
  readonly link?: ComponentChildren
  /** Opens the card of a token; without this the plates are no buttons. */
  readonly onOpen?: (plate: TokenPlate) => void
  /** The plate whose card is open. */
  readonly isOpen?: (plate: TokenPlate) => boolean
}

/** How TR came about, written in one line: T1 + Tc → TR. A first try is one line of text. */
export function FormulaView({ formula, isPresented = false, link, onOpen, isOpen }: FormulaViewProps) {
  const { terms, exchange, result, gate, firstTry, legend } = formula
  if (firstTry && !isPresented) return <BriefTry formula={formula} {...firstTry} />
  const show = (plate: TokenPlate) => {
    const look = { class: 'plate grid relative fine', 'data-token': plate.token, 'data-state': plate.state }
    if (!onOpen || !plate.card) return <div {...look}>{tellPlate(plate)}</div>
    return (
      <Button {...look} aria-expanded={isOpen?.(plate) ?? false} onClick={() => onOpen(plate)}>
        {tellPlate(plate)}
      </Button>
    )
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls of a form
    <div
      class="exchange-formula stack"
      role="group"
      aria-label={tellFormula(formula)}
      data-running={formula.isRunning}
    >
      <div class="formula grid gap-2" data-terms={terms.length}>
        {terms.map((plate, index) => (
          <>
            {index > 0 && (
              <div class="plus grid t4 soft center" aria-hidden="true">
                +
              </div>
            )}
            {show(plate)}
          </>
        ))}
        <div
          class="arrow grid gap-2 fine center"
          data-seen="false"
          data-failed={exchange.failed}
          aria-hidden="true"
        >
          <b class="ink">Entra ID</b>
          <i class="relative" />
          <span>{exchange.verb}</span>
        </div>
        {show(result)}
        <div class="arrow grid gap-2 fine center" data-failed={gate.state === 'denied'} aria-hidden="true">
          <i class="relative" />
        </div>
        <GateView gate={gate} />
      </div>
      {legend && !isPresented && (
        <div class="legend fine">
          <i class="dashes" aria-hidden="true" />
          {legend} {link}
        </div>
      )}
    </div>
  )
}

function tellPlate({ token, title, line, tag, state }: TokenPlate) {
  return (
    <>
      <TokenMark token={token} />
      <span class="far">{state === 'unseen' && 'not seen'}</span>
      <b class="ink t2">{title}</b>
      <span>{line}</span>
      {tag && <code class="tag start">{tag}</code>}
    </>
  )
}

function GateView({ gate: { state, title, line, passed } }: { readonly gate: ApiGate }) {
  return (
    <div class="plate grid relative fine" data-gate={state}>
      <span class="mark">
        <Icon name={outcomeIcons[state]} />
      </span>
      <span class="far">{state === 'waiting' ? 'not yet' : passed}</span>
      <b class="ink t2">{title}</b>
      <span>{line}</span>
    </div>
  )
}

function BriefTry({ formula: { terms }, at, lack }: FirstTry & { readonly formula: Formula }) {
  return (
    <p class="brief-exchange line fine paper">
      <b>First try{at && `, ${formatTime(new Date(at))}`}</b>
      <Marks terms={terms} />{' '}
      <strong class="tone" data-kind="wait">
        not yet: {lack}
      </strong>
      <span class="end">changed nothing</span>
    </p>
  )
}

/** "T1 + Tc for TR" */
export function Marks({ terms }: Pick<Formula, 'terms'>) {
  return (
    <span class="row">
      {terms.map(({ token }, index) => (
        <>
          {index > 0 && '+'} <TokenMark token={token} />
        </>
      ))}{' '}
      for <TokenMark token="TR" />
    </span>
  )
}
