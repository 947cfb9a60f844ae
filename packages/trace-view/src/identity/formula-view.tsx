import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from '../controls/icon.tsx'
import { type ApiGate, type Formula, type TokenPlate, tellFormula } from './formula.ts'
import { TokenMark } from './token-mark.tsx'
import './formula.css'

interface FormulaViewProps {
  readonly formula: Formula
  /** Whether the presenter view shows the formula: then without its legend, which would be too small to read. */
  readonly isPresented?: boolean
  /** Follows the legend. */
  readonly link?: ComponentChildren
  /** Opens the card of a token; without this the plates are no buttons. */
  readonly onOpen?: (plate: TokenPlate) => void
  /** The plate whose card is open. */
  readonly isOpen?: (plate: TokenPlate) => boolean
}

/** How TR came about, written in one line: T1 + Tc → TR. */
export function FormulaView({ formula, isPresented = false, link, onOpen, isOpen }: FormulaViewProps) {
  const { terms, exchange, result, gate, legend } = formula
  const show = (plate: TokenPlate) =>
    onOpen && plate.card ? (
      <button
        type="button"
        class="plate"
        data-token={plate.token}
        data-state={plate.state}
        aria-expanded={isOpen?.(plate) ?? false}
        onClick={() => onOpen(plate)}
      >
        <PlateText plate={plate} />
      </button>
    ) : (
      <div class="plate" data-token={plate.token} data-state={plate.state}>
        <PlateText plate={plate} />
      </div>
    )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls of a form
    <div
      class="exchange-formula"
      role="group"
      aria-label={tellFormula(formula)}
      data-running={formula.isRunning}
    >
      <div class="formula" data-terms={terms.length}>
        {terms.map((plate, index) => (
          <>
            {index > 0 && (
              <div class="plus" aria-hidden="true">
                +
              </div>
            )}
            {show(plate)}
          </>
        ))}
        <div class="arrow" data-seen="false" data-failed={exchange.failed} aria-hidden="true">
          <b>Entra ID</b>
          <i />
          <span>{exchange.verb}</span>
        </div>
        {show(result)}
        <div class="arrow" data-failed={gate.state === 'denied'} aria-hidden="true">
          <i />
        </div>
        <GateView gate={gate} />
      </div>
      {legend && !isPresented && (
        <p class="legend">
          <i class="dashes" aria-hidden="true" />
          {legend} {link}
        </p>
      )}
    </div>
  )
}

function PlateText({ plate: { token, title, lines } }: { readonly plate: TokenPlate }) {
  return (
    <>
      <TokenMark token={token} />
      <strong>{title}</strong>
      {lines.map(line => (
        <span key={line}>{line}</span>
      ))}
    </>
  )
}

const gateIcons: Readonly<Record<ApiGate['state'], IconName>> = {
  allowed: 'check',
  denied: 'cross',
  next: 'more',
  waiting: 'wait',
  answered: 'api',
}

function GateView({ gate: { state, title, lines } }: { readonly gate: ApiGate }) {
  return (
    <div class="plate" data-gate={state}>
      <span class="mark">
        <Icon name={gateIcons[state]} />
      </span>
      <strong>{title}</strong>
      {lines.map(line => (
        <span key={line}>{line}</span>
      ))}
    </div>
  )
}
