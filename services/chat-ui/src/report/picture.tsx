import type { FactAnswer, OutcomeKind } from '@entra-agents/trace-view/identity/verdict'
import { render } from 'preact'
import type { ExportedFile } from './file-shape.ts'
import { fitText, widthOf } from './fit-text.ts'
import { Exchange, plateHeight } from './picture-formula.tsx'
import {
  edge,
  fonts,
  ink,
  Lines,
  left,
  right,
  Sign,
  soft,
  thin,
  tight,
  toneOf,
  tones,
  white,
} from './picture-parts.tsx'
import { namesOf, phraseText, tellTurn } from './told-turn.ts'

const [width, height] = [1200, 630]

/** The verdict of a file's first answer as an SVG file. Whatever a trace says is in it as text. */
export function writePicture(file: ExportedFile): string {
  const place = document.createElement('div')
  render(<Picture file={file} />, place)
  const [svg] = place.children
  return svg ? new XMLSerializer().serializeToString(svg) : ''
}

export function Picture({ file }: { readonly file: ExportedFile }) {
  const ofFile = namesOf(file)
  const [turn] = file.turns
  if (!turn) return null
  const { verdict, formulas, facts } = tellTurn(turn, ofFile)
  const { headline, outcome, answers } = verdict
  const badge = widthOf(outcome.words, 22) + 62
  const titleRoom = right - left - badge - 24
  const title = fitText(headline, titleRoom, tight(44), 2)
  const stripTop = 141 + (title.length - 1) * 50
  const texts = answers.map((answer, index) => tellAnswer(answer, (columns[index]?.width ?? 0) - 44))
  const stripHeight = 92 + 25 * Math.max(1, ...texts.map(({ lines }) => lines))
  const formula = formulas.find(({ result }) => result.card === facts.exchange?.token) ?? formulas.at(-1)
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      font-family={fonts}
      font-size="17"
      fill={ink}
      role="img"
      aria-label={title.join(' ')}
    >
      <rect width={width} height={height} fill={white} />
      <Lines x={left} y={97} lines={title} step={50} size={44} room={titleRoom} font-weight="600" />
      <Badge x={right - badge} width={badge} {...outcome} />
      <rect
        x={left}
        y={stripTop}
        width={right - left}
        height={stripHeight}
        rx="12"
        fill="none"
        stroke={thin}
      />
      {texts.map((text, index) => (
        <Answer key={index} {...text} {...columns[index]} index={index} top={stripTop} height={stripHeight} />
      ))}
      {formula && <Exchange formula={formula} top={(stripTop + stripHeight + 554) / 2 - plateHeight / 2} />}
      <Footer file={file} startedAt={turn.turn?.startedAt} isEmulated={ofFile.isEmulated('entra')} />
    </svg>
  )
}

interface BadgeProps {
  readonly x: number
  readonly width: number
  readonly kind: OutcomeKind
  readonly words: string
}

function Badge({ x, width, kind, words }: BadgeProps) {
  const { line, surface } = toneOf(kind)
  return (
    <>
      <rect x={x} y="58" width={width} height="46" rx="23" fill={surface} />
      {(kind === 'allowed' || kind === 'denied') && (
        <Sign x={x + 14} y={70} size={22} colour={line} isBad={kind === 'denied'} />
      )}
      <Lines x={x + 40} y={89} lines={[words]} size={22} font-weight="600" fill={line} />
    </>
  )
}

const columns = [9, 9, 13, 10.5].map((part, index, parts) => {
  const share = (right - left) / 41.5
  const before = parts.slice(0, index).reduce((sum, other) => sum + other, 0)
  return { x: left + before * share, width: part * share }
})

function tellAnswer({ question, value, checks = [], detail, isBad = false }: FactAnswer, room: number) {
  const values = fitText(value, room, 26, 2)
  const notes = fitText(phraseText(detail), room, 17, 2)
  return {
    question,
    room,
    values,
    checks,
    notes,
    isBad,
    lines: values.length + notes.length - (checks.length > 0 ? 0 : 1),
  }
}

interface AnswerProps extends ReturnType<typeof tellAnswer> {
  readonly x?: number
  readonly index: number
  readonly top: number
  readonly height: number
}

function Answer({ question, room, values, checks, notes, isBad, x = 0, index, top, height }: AnswerProps) {
  const tone = isBad ? tones.denied.line : ink
  const below = top + 69 + (values.length - 1) * 30
  const ticks = checks.slice(0, 11)
  return (
    <>
      {index > 0 && <path d={`M${x} ${top}v${height}`} stroke={thin} />}
      <Lines x={x + 25} y={top + 36} lines={[question]} fill={soft} />
      <Lines
        x={x + 25}
        y={top + 69}
        lines={values}
        step={30}
        size={26}
        room={room}
        font-weight="600"
        fill={tone}
      />
      {ticks.map(({ ok }, place) => {
        const { line, surface } = ok ? tones.allowed : tones.denied
        return (
          <g key={place}>
            <rect x={x + 25 + place * 19} y={below + 10} width="18" height="18" fill={surface} />
            <Sign x={x + 27 + place * 19} y={below + 12} size={14} colour={line} isBad={!ok} />
          </g>
        )
      })}
      <Lines x={x + 25} y={below + (ticks.length > 0 ? 50 : 26)} lines={notes} room={room} fill={soft} />
    </>
  )
}
const dateFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  dateStyle: 'medium',
  timeStyle: 'short',
})

interface FooterProps {
  readonly file: ExportedFile
  readonly startedAt: string | undefined
  readonly isEmulated: boolean
}

function Footer({ file, startedAt, isEmulated }: FooterProps) {
  const time = new Date(startedAt ?? file.exportedAt)
  const moment = Number.isNaN(time.getTime()) ? [] : [`${dateFormat.format(time)} UTC`]
  const source = file.fromFile ? ['made from a file or link'] : []
  const words = 'Entra ID emulated'
  const tag = widthOf(words, 17) + 12
  return (
    <>
      <rect x={left} y="554" width="28" height="28" rx="7" />
      <path
        d="M16 7v4M16 21v4M7 16h4M21 16h4M13 16a3 3 0 1 0 6 0 3 3 0 1 0-6 0"
        transform={`translate(${left} 554) scale(0.875)`}
        fill="none"
        stroke={white}
        stroke-width="2"
        stroke-linecap="round"
      />
      <Lines
        x={left + 42}
        y={574}
        lines={[['Identity Trace', 'Entra Bedrock Agent', ...moment, ...source].join(' · ')]}
        fill={soft}
      />
      {isEmulated && (
        <>
          <rect
            x={right - tag}
            y="555"
            width={tag}
            height="26"
            rx="4"
            fill="none"
            stroke={edge}
            stroke-dasharray="3 2"
          />
          <Lines x={right - tag / 2} y={574} lines={[words]} fill={soft} text-anchor="middle" />
        </>
      )}
    </>
  )
}
