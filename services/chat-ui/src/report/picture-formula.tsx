import type { ApiGate, Formula, TokenPlate } from '@entra-agents/trace-view/identity/formula'
import type { ComponentChildren } from 'preact'
import { fitText } from './fit-text.ts'
import {
  dashes,
  edge,
  ink,
  Lines,
  left,
  mono,
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
  const plate = (right - left - pluses * plusWidth - exchangeWidth - arrowWidth) / (terms.length + 2)
  const afterTerms = left + terms.length * plate + pluses * plusWidth
  const place = { y: top, width: plate }
  const middle = top + 72
  return (
    <>
      {terms.map((term, index) => (
        <g key={term.token}>
          {index > 0 && (
            <Lines
              x={left + index * (plate + plusWidth) - plusWidth / 2}
              y={middle + 9}
              lines={['+']}
              size={28}
              fill={soft}
              text-anchor="middle"
            />
          )}
          <Token plate={term} x={left + index * (plate + plusWidth)} {...place} />
        </g>
      ))}
      <Lines
        x={afterTerms + exchangeWidth / 2}
        y={middle - 16}
        lines={['Entra ID']}
        font-weight="600"
        text-anchor="middle"
      />
      <Arrow
        from={afterTerms + 12}
        to={afterTerms + exchangeWidth - 12}
        y={middle}
        isDashed
        isBad={exchange.failed}
      />
      <Lines
        x={afterTerms + exchangeWidth / 2}
        y={middle + 28}
        lines={fitText(exchange.verb, exchangeWidth - 12, 17, 2)}
        fill={exchange.failed ? tones.denied.line : soft}
        text-anchor="middle"
      />
      <Token plate={result} x={afterTerms + exchangeWidth} {...place} />
      <Arrow
        from={right - plate - arrowWidth + 12}
        to={right - plate - 12}
        y={middle}
        isBad={gate.state === 'denied'}
      />
      <Gate gate={gate} x={right - plate} {...place} />
    </>
  )
}

interface ArrowProps {
  readonly from: number
  readonly to: number
  readonly y: number
  readonly isDashed?: boolean
  readonly isBad?: boolean
}

function Arrow({ from, to, y, isDashed = false, isBad = false }: ArrowProps) {
  const colour = isBad ? tones.denied.line : soft
  return (
    <>
      <path d={`M${from} ${y}H${to - 6}`} stroke={colour} stroke-width="2" {...(isDashed && dashes)} />
      <path d={`M${to} ${y}l-8 -5v10z`} fill={colour} />
    </>
  )
}

interface PlateProps {
  readonly x: number
  readonly y: number
  readonly width: number
}

function Token({
  plate: { token, title, line, tag, state },
  ...box
}: PlateProps & { readonly plate: TokenPlate }) {
  const isSeen = state === 'seen'
  const isResult = token === 'TR' && isSeen
  const tone = isResult ? tones.allowed : { line: isSeen ? ink : edge, surface: white }
  const { x, y } = box
  const lines = [line, tag ?? (state === 'unseen' ? 'not seen' : '')]
  return (
    <Plate {...box} {...tone} title={title} lines={lines} isDashed={!isSeen}>
      <rect
        x={x + 20}
        y={y + 16}
        width="36"
        height="26"
        rx="4"
        fill={isResult ? tone.line : white}
        stroke={tone.line}
        {...(!isSeen && { 'stroke-dasharray': '4 3' })}
      />
      <Lines
        x={x + 38}
        y={y + 34}
        lines={[token]}
        size={15}
        font-weight="600"
        font-family={mono}
        fill={isResult ? white : isSeen ? ink : soft}
        text-anchor="middle"
      />
    </Plate>
  )
}

function Gate({
  gate: { state, title, line, passed = '' },
  ...box
}: PlateProps & { readonly gate: ApiGate }) {
  const tone = toneOf(state)
  const { x, y } = box
  return (
    <Plate
      {...box}
      {...tone}
      surface={white}
      title={title}
      lines={[line, passed]}
      isDashed={state === 'next'}
    >
      <rect x={x + 20} y={y + 16} width="36" height="26" rx="4" fill={white} stroke={tone.line} />
      {(state === 'allowed' || state === 'denied') && (
        <Sign x={x + 30} y={y + 21} size={16} colour={tone.line} isBad={state === 'denied'} />
      )}
    </Plate>
  )
}

interface PlateTextProps extends PlateProps, Tone {
  readonly title: string
  readonly lines: readonly string[]
  readonly isDashed: boolean
  readonly children: ComponentChildren
}

function Plate({ x, y, width, line, surface, title, lines, isDashed, children }: PlateTextProps) {
  const room = width - 36
  const notes = lines.flatMap(text => fitText(text, room, 17, 2)).slice(0, 3)
  return (
    <>
      <rect
        x={x}
        y={y}
        width={width}
        height={plateHeight}
        rx="12"
        fill={surface}
        stroke={line}
        stroke-width="2"
        {...(isDashed && dashes)}
      />
      {children}
      <Lines
        x={x + 20}
        y={y + 67}
        lines={fitText(title, room, 20, 1)}
        size={20}
        room={room}
        font-weight="600"
      />
      <Lines x={x + 20} y={y + 92} lines={notes} step={22} room={room} fill={soft} />
    </>
  )
}
