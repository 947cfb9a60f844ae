import type { ApiGate, Formula, TokenPlate } from '@entra-agents/trace-view/identity/formula'
import type { ComponentChildren, ComponentProps } from 'preact'
import { fitText } from './fit-text.ts'
import {
  dashes,
  edge,
  ink,
  Lines,
  left,
  mono,
  Placed,
  right,
  Sign,
  soft,
  type Tone,
  toneOf,
  tones,
  white,
} from './picture-parts.tsx'

export const plateHeight = 144
const [plusWidth, exchangeWidth, arrowWidth] = [44, 144, 64]

/** The formula of one exchange: T1 + Tc → TR → API. */
export function Exchange({ formula, top }: { readonly formula: Formula; readonly top: number }) {
  const { terms, exchange, result, gate } = formula
  const pluses = terms.length - 1
  const width = (right - left - pluses * plusWidth - exchangeWidth - arrowWidth) / (terms.length + 2)
  const afterTerms = left + terms.length * width + pluses * plusWidth
  const verb = fitText(exchange.verb, exchangeWidth - 12, 17, 2)
  const middle = exchangeWidth / 2
  return (
    <g transform={`translate(0 ${top})`} text-anchor="middle">
      {terms.map((term, index) => (
        <Placed key={term.token} x={left + index * (width + plusWidth)}>
          {index > 0 && <Lines x={-plusWidth / 2} y={81} lines={['+']} size={28} fill={soft} />}
          <Token plate={term} width={width} />
        </Placed>
      ))}
      <Placed x={afterTerms}>
        <Lines x={middle} y={56} lines={['Entra ID']} font-weight="600" />
        <Arrow width={exchangeWidth} isBad={exchange.failed} {...dashes} />
        <Lines x={middle} y={100} lines={verb} fill={exchange.failed ? tones.denied.line : soft} />
      </Placed>
      <Placed x={afterTerms + exchangeWidth}>
        <Token plate={result} width={width} />
      </Placed>
      <Placed x={right - width - arrowWidth}>
        <Arrow width={arrowWidth} isBad={gate.state === 'denied'} />
      </Placed>
      <Placed x={right - width}>
        <Gate gate={gate} width={width} />
      </Placed>
    </g>
  )
}

interface ArrowProps extends ComponentProps<'path'> {
  readonly width: number
  readonly isBad: boolean
}

function Arrow({ width, isBad, ...look }: ArrowProps) {
  const colour = isBad ? tones.denied.line : soft
  return (
    <>
      <path d={`M12 72H${width - 18}`} stroke={colour} stroke-width="2" {...look} />
      <path d={`M${width - 12} 72l-8 -5v10z`} fill={colour} />
    </>
  )
}

function Token({ plate, width }: { readonly plate: TokenPlate; readonly width: number }) {
  const { token, title, line, tag, state } = plate
  const isSeen = state === 'seen'
  const isResult = token === 'TR' && isSeen
  const tone = isResult ? tones.allowed : { line: isSeen ? ink : edge, surface: white }
  const mark = { fill: isResult ? tone.line : white, 'stroke-dasharray': isSeen ? undefined : '4 3' }
  const colour = isResult ? white : isSeen ? ink : soft
  const lines = [line, tag ?? (state === 'unseen' ? 'not seen' : '')]
  return (
    <Plate width={width} {...tone} title={title} lines={lines} isDashed={!isSeen} mark={mark}>
      <Lines x={38} y={34} lines={[token]} size={15} font-weight="600" font-family={mono} fill={colour} />
    </Plate>
  )
}

function Gate({ gate, width }: { readonly gate: ApiGate; readonly width: number }) {
  const { state, title, line, passed = '' } = gate
  const tone = { ...toneOf(state), surface: white }
  return (
    <Plate width={width} {...tone} title={title} lines={[line, passed]} isDashed={state === 'next'}>
      <Sign x={30} y={21} size={16} kind={state} />
    </Plate>
  )
}

interface PlateProps extends Tone {
  readonly width: number
  readonly title: string
  readonly lines: readonly string[]
  readonly isDashed: boolean
  /** The look of the mark’s ground. */
  readonly mark?: ComponentProps<'rect'>
  readonly children: ComponentChildren
}

function Plate({ width, line, surface, title, lines, isDashed, mark, children }: PlateProps) {
  const room = width - 36
  const notes = lines.flatMap(text => fitText(text, room, 17, 2)).slice(0, 3)
  const frame = { fill: surface, stroke: line, 'stroke-width': 2, ...(isDashed && dashes) }
  return (
    <>
      <rect width={width} height={plateHeight} rx="12" {...frame} />
      <rect x="20" y="16" width="36" height="26" rx="4" fill={white} stroke={line} {...mark} />
      {children}
      <g text-anchor="start">
        <Lines x={20} y={67} lines={fitText(title, room, 20, 1)} size={20} room={room} font-weight="600" />
        <Lines x={20} y={92} lines={notes} step={22} room={room} fill={soft} />
      </g>
    </>
  )
}
